// Builds console/dist, and serves the sources during development; `/api` and `/config.json` then
// come from the local front.
import react from '@vitejs/plugin-react'
import { defineConfig } from 'vite'

const front = process.env.CONSOLE_FRONT ?? 'http://localhost:4590'

export default defineConfig({
  plugins: [react()],
  build: { target: 'es2022', assetsInlineLimit: 0, manifest: true },
  server: { port: 5173, proxy: { '/api': front, '/config.json': front } },
})
