// The page against the real sluiced, in Debian's Chromium. Run by `npm run test:browser` in web/, with
// SLUICE_BIN naming the folder of the built programs.
import { defineConfig } from '@playwright/test'

export default defineConfig({
  testDir: '.',
  outputDir: process.env.SLUICE_BROWSER_OUTPUT ?? '../../build/browser-tests',
  // Each test has a sluiced, a publisher and receivers of its own; two at once would only slow each other.
  workers: 1,
  timeout: 60_000,
  expect: { timeout: 15_000 },
  forbidOnly: process.env.CI !== undefined,
  reporter: 'list',
  use: {
    screenshot: 'only-on-failure',
    actionTimeout: 10_000,
    permissions: ['clipboard-read', 'clipboard-write'],
    launchOptions: {
      executablePath: '/usr/bin/chromium',
      args: [
        '--headless', '--no-sandbox', '--disable-gpu', '--disable-quic', '--no-first-run',
        '--disable-background-networking', '--disable-component-update', '--disable-sync',
      ],
    },
  },
})
