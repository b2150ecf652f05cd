import { fileURLToPath } from 'node:url';
import { defineConfig } from '@playwright/test';

/** As root and without a GPU, and without Chromium's own traffic. */
const args = [
  '--no-sandbox',
  '--disable-gpu',
  '--disable-quic',
  '--no-first-run',
  '--disable-background-networking',
  '--disable-component-update',
  '--disable-sync',
];

/** What all engines run; the rest of the tests look at the demo page's details in Chromium, and axe's in Firefox too. */
const engineTests = 'engines/*.spec.mjs';

export default defineConfig({
  testDir: '.',
  testMatch: '**/*.spec.mjs',
  outputDir: fileURLToPath(new URL('../../artifacts/browser-run', import.meta.url)),
  workers: 1,
  forbidOnly: true,
  timeout: 60_000,
  expect: { timeout: 20_000 },
  use: {
    viewport: { width: 1280, height: 900 },
    locale: 'en-GB',
    timezoneId: 'UTC',
    screenshot: 'only-on-failure',
  },
  projects: [
    {
      name: 'chromium',
      use: {
        browserName: 'chromium',
        launchOptions: { executablePath: process.env.CHROMIUM_PATH || '/usr/bin/chromium', args },
      },
    },
    {
      name: 'firefox',
      testMatch: [engineTests, 'axe.spec.mjs'],
      use: {
        browserName: 'firefox',
        // The stock browser; without the channel Playwright looks for a build of its own.
        launchOptions: {
          channel: 'moz-firefox',
          executablePath: process.env.FIREFOX_PATH || '/usr/bin/firefox-esr',
        },
      },
    },
    { name: 'webkit', testMatch: engineTests },
  ],
});
