// Runs the browser tests against a running stack: STACK_JSON names it; without it, the run stack.
// Two workers share the tests. Those that change what holds for every campaign run afterwards, alone.
import { existsSync } from 'node:fs'
import { defineConfig } from '@playwright/test'
import { stack } from './e2e/stack'

const chromium = ['/usr/bin/chromium', '/usr/bin/chromium-browser', '/usr/bin/google-chrome'].find(
  existsSync,
)
/**
 * Chromium features that only cost time here. The pages behind the address bar are loaded with each
 * window and take longer than a page of the console. The switch replaces Playwright's own list, so
 * its other entries are repeated: they keep the browser to the addresses that a test asks for.
 */
const disabledFeatures = [
  'WebUIOmniboxPopup',
  'WebUIOmniboxAimPopup',
  'WebUIOmniboxFullPopup',
  'AimEnabled',
  'AvoidCorsURLLoaderRestartOnRedirect',
  'AvoidUnnecessaryBeforeUnloadCheckSync',
  'DestroyProfileOnBrowserClose',
  'HttpsFirstBalancedModeAutoEnable',
  'HttpsUpgrades',
  'LensOverlay',
  'MediaRouter',
  'NetworkTimeServiceQuerying',
  'OptimizationHints',
  'PaintHolding',
  'PreconnectToSearch',
  'ThirdPartyStoragePartitioning',
]
/** Specs whose settings would refuse the launches of other tests. */
const exclusive = /approvals\.spec\.ts/

export default defineConfig({
  testDir: 'e2e',
  outputDir: 'test-results',
  timeout: 60_000,
  workers: 2,
  fullyParallel: true,
  forbidOnly: true,
  reporter: [['list']],
  // Two browsers and the stack share two cores: an answer can take longer than it takes alone.
  expect: { timeout: 10_000 },
  projects: [
    { name: 'console', testIgnore: exclusive },
    { name: 'exclusive', testMatch: exclusive, dependencies: ['console'] },
  ],
  use: {
    baseURL: stack.console_url,
    launchOptions: {
      executablePath: process.env.CHROMIUM || chromium,
      args: ['--no-sandbox', `--disable-features=${disabledFeatures.join(',')}`],
    },
    screenshot: 'only-on-failure',
    locale: 'en-GB',
    timezoneId: 'UTC',
  },
})
