// Generates the API client in src/client from the API's own document.
import { defineConfig } from '@hey-api/openapi-ts'

export default defineConfig({
  input: '../docs/api/openapi.json',
  output: { path: 'src/client' },
  plugins: ['@hey-api/client-fetch', '@hey-api/typescript', { name: '@hey-api/sdk' }],
})
