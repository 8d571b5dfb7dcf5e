// Runs the browser tests against a stack that is up: STACK_JSON names it; without it, the run stack.
import { defineConfig } from '@playwright/test'
import { existsSync } from 'node:fs'
import { stack } from './e2e/stack'

const chromium = ['/usr/bin/chromium', '/usr/bin/chromium-browser', '/usr/bin/google-chrome'].find(existsSync)

export default defineConfig({
  testDir: 'e2e',
  outputDir: 'test-results',
  timeout: 60_000,
  workers: 1,
  forbidOnly: true,
  reporter: [['list']],
  use: {
    baseURL: stack.console_url,
    launchOptions: { executablePath: process.env.CHROMIUM || chromium, args: ['--no-sandbox'] },
    screenshot: 'only-on-failure',
    locale: 'en-GB',
    timezoneId: 'UTC',
  },
})
