// One way to drive a page in every engine: Playwright for Chromium and Firefox, WebDriver for WebKit.
import { mkdir, writeFile } from 'node:fs/promises';
import { dirname } from 'node:path';
import { fileURLToPath } from 'node:url';
import { test as base, expect } from '@playwright/test';
import { openStage } from './stage.mjs';
import { startWebKit } from './webkit.mjs';

export { expect };

/** Longer than any scenario takes, and shorter than a test may. */
const scriptMs = 50_000;
const viewport = { width: 1280, height: 900 };

/** One page for all tests: each stage is an origin of its own, and a new context costs a second. */
async function startPlaywright(type, options) {
  const browser = await type.launch(options);
  const page = await browser.newPage({ viewport });
  return {
    open: (url) => page.goto(url),
    evaluate: (task, argument) => page.evaluate(task, argument),
    screenshot: () => page.screenshot({ fullPage: true }),
    close: () => browser.close(),
  };
}

/** WebDriver hands scripts over as text and has no promises: the last argument is what ends the script. */
function asyncScript(task) {
  return `const done = arguments[arguments.length - 1];
    (async () => (${task})(arguments[0]))().then(
      (value) => done({ value }),
      (error) => done({ error: String(error) }),
    );`;
}

async function startWebDriver() {
  const { driver, close } = await startWebKit();
  await driver.manage().setTimeouts({ script: scriptMs });
  await driver.manage().window().setRect(viewport);
  return {
    async open(url) {
      await driver.get(url);
      // It answers before the page's modules have run.
      await driver.wait(() => driver.executeScript('return document.readyState === "complete"'));
    },
    async evaluate(task, argument) {
      const { value, error } = await driver.executeAsyncScript(asyncScript(task), argument);
      if (error) throw new Error(error);
      return value;
    },
    screenshot: async () => Buffer.from(await driver.takeScreenshot(), 'base64'),
    close,
  };
}

export const test = base.extend({
  /** The engine that the project names, started once: `{ open(url), evaluate(task, argument), screenshot() }`. */
  engine: [
    async ({ playwright }, use, { project }) => {
      const { name, use: options } = project;
      const engine =
        name === 'webkit'
          ? await startWebDriver()
          : await startPlaywright(playwright[name], options.launchOptions);
      await use(engine);
      await engine.close();
    },
    { scope: 'worker' },
  ],

  /** Serves the scenarios under a policy and runs one of them in a page or in a worker. */
  play: async ({ engine }, use) => {
    const stages = [];
    await use(async (name, place, policy) => {
      const stage = await openStage(policy);
      stages.push(stage);
      await engine.open(stage.url);
      return engine.evaluate(
        ([scenario, where]) => globalThis.runScenario(scenario, where),
        [name, place],
      );
    });
    await engine.open('about:blank');
    for (const stage of stages) await stage.close();
  },
});

/** Keeps a picture in artifacts/browser/. */
export async function keepPicture(engine, name) {
  const path = fileURLToPath(new URL(`../../../artifacts/browser/${name}.png`, import.meta.url));
  await mkdir(dirname(path), { recursive: true });
  await writeFile(path, await engine.screenshot());
}
