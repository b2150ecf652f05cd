// The demo page in every engine: it registers, loses its connection, comes back, and takes a second account. Axe looks at
// it before and after.
import axe from 'axe-core';
import { startDemo } from '../../../demo/server.mjs';
import { expect, keepPicture, test } from './fixtures.mjs';

/** Presses what a person would press, and tells what the page then showed. Runs in the page. */
async function visit(serverUrl) {
  const byId = (id) => document.getElementById(id);
  const choice = (name, value) => document.querySelector(`[name=${name}][value="${value}"]`);
  const until = async (name, holds) => {
    for (let tries = 0; tries < 200; tries += 1) {
      if (holds()) return;
      await new Promise((resolve) => setTimeout(resolve, 50));
    }
    throw new Error(`${name}: not in time; the page shows ${byId('status').innerText}`);
  };
  const shows = (state) => () => byId('status').dataset.state === state && !byId('status').hidden;
  const times = (event) =>
    [...document.querySelectorAll('#log .event')].filter((each) => each.textContent === event)
      .length;

  await until('ready', shows('unregistered'));
  byId('register').click();
  await until('registered', shows('registered'));
  byId('cut').click();
  await until('back after a cut', () => times('registered') === 2 && shows('registered')());
  document.querySelector('[data-jump="600000"]').click();
  await until('back after a jump', () => times('registered') === 3 && shows('registered')());
  byId('add-account').click();
  const dialogIsOpen = byId('account-dialog').open;
  byId('save-register').click();
  await until('second account', () => times('registered') === 4 && shows('registered')());
  const chart = byId('timeline').getAttribute('aria-label');

  choice('place', 'server').click();
  byId('server').value = serverUrl;
  byId('use-server').click();
  await until(
    'another server',
    () => byId('ladder-server').textContent === new URL(serverUrl).host,
  );
  await until('ready there', shows('unregistered'));
  byId('register').click();
  await until('registered there', shows('registered'));
  const { scrollWidth } = document.documentElement;
  return { dialogIsOpen, chart, fits: scrollWidth <= innerWidth };
}

/** What axe finds. A function by its text, as each of the drivers sends one: nothing is added to the page. */
const violations = new Function(`${axe.source}
  return axe.run().then(({ violations, passes }) => ({
    checked: passes.length,
    found: violations.map(({ id, nodes }) => id + ': ' + nodes.map(({ html }) => html).join(' ')),
  }));`);

async function checkAccessibility(engine) {
  const { checked, found } = await engine.evaluate(violations);
  expect(checked).toBeGreaterThan(10);
  expect(found).toEqual([]);
}

test('the demo page registers, breaks and recovers', async ({ engine }, { project }) => {
  const demo = await startDemo();
  await engine.open(demo.url);
  await checkAccessibility(engine);
  const { dialogIsOpen, chart, fits } = await engine.evaluate(visit, demo.registrarUrl);
  expect(dialogIsOpen).toBe(true);
  expect(chart).toMatch(
    /sip:demo@example\.com: Registered until .*sip:alice@example\.com: Registered/,
  );
  expect(fits).toBe(true);
  expect(demo.registrar.bindings('sip:alice@example.com')).toHaveLength(1);
  await checkAccessibility(engine);
  await keepPicture(engine, `demo-${project.name}`);
  await engine.open('about:blank');
  await demo.close();
});
