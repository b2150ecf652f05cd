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
  const { violations: found } = await new AxeBuilder({ page }).analyze();
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

test('the keyboard alone registers, breaks the server and unregisters', async ({ page, demo }) => {
  await openPage(page, demo.url);
  const tabTo = async (target) => {
    for (let presses = 0; presses < 40; presses += 1) {
      if (await target.evaluate((each) => each === document.activeElement)) return;
      await page.keyboard.press('Tab');
    }
    await expect(target).toBeFocused();
  };
  await tabTo(page.locator('#register'));
  expect(
    await page.locator('#register').evaluate((button) => getComputedStyle(button).outlineStyle),
  ).toBe('solid');
  await page.keyboard.press('Enter');
  await showsState(page, 'registered');
  // The button that was pressed is disabled now.
  await expect(page.locator('#refresh')).toBeFocused();

  await tabTo(page.getByLabel('answers', { exact: true }));
  await page.keyboard.press('ArrowRight');
  await expect(page.getByLabel('answers 503', { exact: true })).toBeChecked();
  await page.keyboard.press('ArrowLeft');

  await page.keyboard.press('Shift+Tab');
  await page.locator('#refresh').focus();
  await tabTo(page.locator('#unregister'));
  await page.keyboard.press('Enter');
  await showsState(page, 'unregistered');
  await expect(page.locator('#register')).toBeFocused();
});

test('the dialog takes the focus, keeps it, and gives it back', async ({ page, demo }) => {
  await openPage(page, demo.url);
  await page.getByRole('button', { name: 'Add account' }).focus();
  await page.keyboard.press('Enter');
  const dialog = page.getByRole('dialog', { name: 'Add an account' });
  await expect(dialog).toBeVisible();
  await expect(page.getByLabel('Address of record')).toBeFocused();
  await page.keyboard.press('Escape');
  await expect(dialog).toBeHidden();
  await expect(page.getByRole('button', { name: 'Add account' })).toBeFocused();
});

test('the state is announced, the ticking countdown is not', async ({ page, demo }) => {
  await openPage(page, demo.url);
  const status = page.locator('#status').getByRole('status');
  await expect(status).toContainText('Not registered');
  await register(page);
  await expect(status).toContainText('Registered');
  await expect(status).not.toContainText(/\d:\d\d/);
  await expect(page.getByRole('timer')).toContainText(/\d:\d\d/);
});

test('reduced motion stops every animation', async ({ page, demo }) => {
  await page.emulateMedia({ reducedMotion: 'reduce' });
  await openPage(page, demo.url);
  await register(page);
  expect(await page.evaluate(() => document.getAnimations().length)).toBe(0);
  const moves = await page
    .locator('#gauge')
    .evaluate((ring) => getComputedStyle(ring).transitionProperty);
  expect(moves).toBe('none');
});

test('forced colours keep lines and what is chosen visible', async ({ page, demo }) => {
  await page.emulateMedia({ forcedColors: 'active' });
  await openPage(page, demo.url);
  await register(page);
  const style = (selector, property) =>
    page
      .locator(selector)
      .first()
      .evaluate((each, name) => getComputedStyle(each)[name], property);
  const ground = await style('body', 'backgroundColor');
  for (const selector of ['#timeline .band', '#timeline .now', '#timeline .glyph', '#gauge']) {
    expect(await style(selector, 'stroke'), selector).not.toBe(ground);
  }
  expect(await style('[name=condition]:checked + span', 'outlineStyle')).toBe('solid');
  expect(await style('.account[aria-pressed=true]', 'outlineStyle')).toBe('solid');
});
