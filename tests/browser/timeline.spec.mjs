import {
  addAccount,
  choose,
  edit,
  expect,
  keepPicture,
  openPage,
  register,
  showsState,
  test,
} from './fixtures.mjs';

const chart = (page) => page.locator('#timeline');
const table = (page) => page.getByRole('region', { name: 'The time line as a table' });

test.beforeEach(async ({ page, demo }) => {
  await openPage(page, demo.url);
});

test('it says in words what it shows', async ({ page }) => {
  await expect(chart(page)).toHaveAccessibleName(/sip:demo@example.com: Not registered\./);
  await register(page);
  await expect(chart(page)).toHaveAccessibleName(
    /sip:demo@example.com: Registered until \d\d:\d\d:\d\d\./,
  );
});

test('it shows a life: lifetimes, refreshes, a loss, tries and their waits', async ({ page }) => {
  await register(page);
  await addAccount(page);
  await showsState(page, 'registered');
  await choose(page, 'Time runs', '×60');
  await expect(chart(page)).toHaveAccessibleName(/1 refreshes|[2-9] refreshes/);
  await choose(page, 'Time runs', '×10');
  await choose(page, 'The server', 'refuses connections');
  await expect(chart(page)).toHaveAccessibleName(/3 failed tries/);
  await choose(page, 'The server', 'answers');
  await showsState(page, 'registered');
  await choose(page, 'Time runs', '×1');

  await expect(chart(page).locator('.name')).toHaveText(['demo@example.com', 'alice@example.com']);
  for (const shape of ['.grant.ahead', '.band', '.wait', '.condition', '.now', '.happening.lost']) {
    await expect(chart(page).locator(shape), shape).not.toHaveCount(0);
  }
  await keepPicture(page, 'time-line');

  await page.getByText('As a table').click();
  await expect(table(page)).toContainText('State: Waiting to retry');
  for (const what of ['Granted lifetime', 'Wait for the next try', 'The server refuses']) {
    await expect(table(page).getByText(what).first()).toBeVisible();
  }
  await expect(table(page).getByText('alice@example.com').first()).toBeVisible();
  await keepPicture(page, 'time-line-table');
});

test('a lifetime is as long as it was granted, and the line of now moves into it', async ({
  page,
}) => {
  await edit(page, { Expires: '50' });
  await showsState(page, 'registered');
  await page.getByLabel('Show').selectOption('60000');
  const width = (await chart(page).boundingBox()).width;
  const length = async (shape) =>
    Number(await chart(page).locator(shape).first().getAttribute('width'));
  // 60 s of the window, of which it takes 50 (or nearly: 36 s lie ahead at most).
  await expect.poll(() => length('.grant.ahead')).toBeGreaterThan(width * 0.55);
  const before = await length('.grant:not(.ahead)');
  await expect.poll(() => length('.grant:not(.ahead)')).toBeGreaterThan(before);
});

test('the time to show can be chosen', async ({ page }) => {
  await register(page);
  const bar = chart(page).locator('.grant.ahead');
  const width = async () => Number(await bar.getAttribute('width'));
  const fitting = await width();
  await page.getByLabel('Show').selectOption('7200000');
  await expect.poll(width).toBeLessThan(fitting / 10);
});
