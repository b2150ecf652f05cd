// What axe finds on the demo page, in Chromium and Firefox; engines/demo.spec.mjs asks it in every engine, but less.
import { AxeBuilder } from '@axe-core/playwright';
import {
  addAccount,
  choose,
  edit,
  expect,
  openPage,
  register,
  showsState,
  test,
  useServer,
} from './fixtures.mjs';

async function violations(page) {
  const { violations: found, passes } = await new AxeBuilder({ page }).analyze();
  expect(passes.length).toBeGreaterThan(10);
  return found.map(({ id, nodes }) => `${id}: ${nodes.map(({ html }) => html).join(' ')}`);
}

/** Brings the page into each state that looks different. */
const states = {
  async 'an account that was never registered'() {},
  async 'no account'(page) {
    await page.getByRole('button', { name: 'Remove', exact: true }).click();
  },
  async 'two accounts, one registered, a message and the table open'(page) {
    await register(page);
    await addAccount(page);
    await showsState(page, 'registered');
    await page.locator('#ladder summary').first().click();
    await page.getByText('As a table').click();
  },
  async 'a failed registration'(page) {
    await edit(page, { Password: 'wrong' });
    await showsState(page, 'failed');
  },
  async 'a server that refuses'(page) {
    await choose(page, 'The server', 'refuses connections');
    await register(page, 'waiting');
  },
  async 'a real server'(page, demo) {
    await useServer(page, demo.registrarUrl);
  },
  async 'the form of an account'(page) {
    await page.getByRole('button', { name: 'Add account' }).click();
    await page.getByText('More options').click();
  },
  async 'a mistake in the form'(page) {
    await edit(page, { Expires: 'soon' });
    await expect(page.getByLabel('Expires')).toHaveAttribute('aria-invalid', 'true');
  },
};

for (const colorScheme of ['light', 'dark']) {
  for (const [name, prepare] of Object.entries(states)) {
    test(`axe finds nothing, ${colorScheme}: ${name}`, async ({ page, demo }) => {
      await page.emulateMedia({ colorScheme, reducedMotion: 'reduce' });
      await openPage(page, demo.url);
      await prepare(page, demo);
      expect(await violations(page)).toEqual([]);
    });
  }
}

test.describe('where WebAssembly is not allowed', () => {
  test.use({ allowedComplaints: /wasm|script-src|WebAssembly/ });

  test('axe finds nothing', async ({ page, serveUnder }) => {
    await page.goto(await serveUnder("default-src 'self'; script-src 'self'"));
    await expect(page.getByRole('alert')).toBeVisible();
    expect(await violations(page)).toEqual([]);
  });
});
