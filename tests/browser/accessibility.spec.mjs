import { awaitPaint, expect, openPage, register, showsState, test } from './fixtures.mjs';

test('the keyboard alone registers, breaks the server and unregisters', async ({ page, demo }) => {
  await openPage(page, demo.url);
  await awaitPaint(page);
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
  await awaitPaint(page);
  const opener = page.getByRole('button', { name: 'Add account' });
  await opener.focus();
  await expect(opener).toBeFocused();
  await page.keyboard.press('Enter');
  const dialog = page.getByRole('dialog', { name: 'Add an account' });
  await expect(dialog).toBeVisible();
  await expect(page.getByLabel('Address of record')).toBeFocused();
  await page.keyboard.press('Escape');
  await expect(dialog).toBeHidden();
  await expect(opener).toBeFocused();
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
