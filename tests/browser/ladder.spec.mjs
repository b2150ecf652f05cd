import { readFile } from 'node:fs/promises';
import {
  addAccount,
  expect,
  ladderTitles,
  openPage,
  register,
  showsState,
  test,
} from './fixtures.mjs';

test.beforeEach(async ({ page, demo }) => {
  await openPage(page, demo.url);
});

test('a message opens to its text and tells no secret', async ({ page, demo }) => {
  await register(page);
  const answered = page.locator('#ladder li').nth(2);
  await answered.locator('summary').click();
  await expect(answered.locator('pre')).toContainText('Authorization: Digest');
  await expect(answered.locator('pre')).toBeVisible();
  const text = await page.locator('body').evaluate((body) => body.textContent);
  expect(text).not.toContain(demo.account.password);
  expect(text).not.toMatch(/response="[0-9a-f]{32}/);
});

/** What the page must export of an account that was added and one that was there. */
function checkExport(text, password) {
  expect(text).toContain('REGISTER sip:example.com');
  expect(text).toContain('To sip:demo@example.com');
  expect(text).toContain('To sip:alice@example.com');
  expect(text).toMatch(/│ {3}Authorization: Digest username="alice"/);
  expect(text).toMatch(/─▶│ {2}\+0 ms/);
  expect(text).not.toContain(password);
  expect(text).not.toMatch(/response="?[0-9a-f]{32}/);
}

test('the ladder can be downloaded as text', async ({ page, demo }) => {
  await register(page);
  await addAccount(page);
  await showsState(page, 'registered');
  const saving = page.waitForEvent('download');
  await page.getByRole('button', { name: 'Download' }).click();
  const download = await saving;
  expect(download.suggestedFilename()).toBe('sip-messages.txt');
  checkExport(await readFile(await download.path(), 'utf8'), demo.account.password);
});

test('the ladder and the code can be copied', async ({ page, demo, context }) => {
  await context.grantPermissions(['clipboard-read', 'clipboard-write']);
  await register(page);
  await addAccount(page);
  await showsState(page, 'registered');
  const copied = async (id) => {
    await page.locator(id).click();
    await expect(page.locator(id)).toHaveText('Copied');
    return page.evaluate(() => navigator.clipboard.readText());
  };
  checkExport(await copied('#copy'), demo.account.password);
  const code = await copied('#copy-code');
  expect(code).toBe(await page.locator('#code').textContent());
  expect(code).toContain("aor: 'sip:alice@example.com'");
});

test('a browser that does not let the page copy is told', async ({ page }) => {
  await page.evaluate(() => {
    navigator.clipboard.writeText = () => Promise.reject(new DOMException('no', 'NotAllowedError'));
  });
  await page.locator('#copy-code').click();
  await expect(page.locator('#copy-code')).toHaveText('Not allowed');
});

test('no more than 200 rows are kept', async ({ page }) => {
  await register(page);
  await page.getByRole('button', { name: 'Query' }).evaluate(async (button) => {
    const ladder = document.querySelector('#ladder');
    for (let i = 0; i < 110; i += 1) {
      const last = ladder.lastElementChild;
      button.click();
      const answered = () =>
        ladder.lastElementChild !== last &&
        ladder.lastElementChild.querySelector('[data-direction=in]') !== null;
      while (!answered()) await new Promise(requestAnimationFrame);
    }
  });
  await expect(page.locator('#messages-note')).toHaveText('the last 200 messages');
  await expect(page.locator('#ladder > li')).toHaveCount(200);
  await expect(ladderTitles(page).last()).toHaveText('200 OK');

  await page.getByRole('button', { name: 'Clear' }).click();
  await expect(page.locator('#ladder > li')).toHaveCount(0);
  await expect(page.getByRole('button', { name: 'Download' })).toBeDisabled();
});
