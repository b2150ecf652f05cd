import {
  choose,
  expect,
  keepPicture,
  ladderTitles,
  openPage,
  register,
  showsState,
  test,
  useServer,
} from './fixtures.mjs';

const server = (page, what) => choose(page, 'The server', what);
const time = (page, pace) => choose(page, 'Time runs', pace);
const glyphs = (page, name) => page.locator('#timeline .glyph').filter({ hasText: name });
const press = (page, name) => page.getByRole('button', { name, exact: true }).click();

test.beforeEach(async ({ page, demo }) => {
  await openPage(page, demo.url);
  await register(page);
});

test('a socket that is cut comes back with the binding', async ({ page }) => {
  await press(page, 'Cut the socket');
  await expect(page.locator('#log')).toContainText('code 1006');
  await expect(page.locator('#log .event').filter({ hasText: /^registered$/ })).toHaveCount(2);
  await showsState(page, 'registered');
  await expect(page.locator('#connection')).toHaveText('Connected');
  await expect(page.locator('#bindings tr')).toHaveCount(1);
  await expect(page.locator('#timeline .happening.cut')).toHaveCount(1);
});

test('a server that refuses connections is waited for', async ({ page }) => {
  await server(page, 'refuses connections');
  await showsState(page, 'waiting');
  await expect(page.locator('#facts')).toContainText('Next attempt');
  await expect(page.locator('#timeline .wait')).not.toHaveCount(0);
  await expect(glyphs(page, 'retry')).not.toHaveCount(0);
  await expect(page.locator('#timeline .condition')).toHaveCount(1);
  await keepPicture(page, 'refuses');
  await server(page, 'answers');
  await time(page, '×10');
  await showsState(page, 'registered');
});

for (const condition of ['is silent', 'is frozen']) {
  test(`a server that ${condition} is left, and found again when it answers`, async ({ page }) => {
    await server(page, condition);
    await press(page, 'Refresh');
    await showsState(page, 'refreshing');
    await time(page, '×60');
    await expect(page.locator('#log')).toContainText('retry');
    await server(page, 'answers');
    await showsState(page, 'registered');
  });
}

test('what waited in a frozen server is answered when it thaws', async ({ page }) => {
  await server(page, 'is frozen');
  await press(page, 'Refresh');
  await showsState(page, 'refreshing');
  await server(page, 'answers');
  await showsState(page, 'registered');
  await expect(ladderTitles(page)).toHaveCount(6);
  await expect(page.locator('#log')).not.toContainText('retry');
});

test('503 with Retry-After is waited out', async ({ page }) => {
  await server(page, 'answers 503');
  await press(page, 'Refresh');
  await showsState(page, 'waiting');
  await expect(page.getByRole('alert').filter({ hasText: 'cannot do it now' })).toContainText(
    'It asks to wait 20 s.',
  );
  await expect(ladderTitles(page).last()).toHaveText('503 Service Unavailable');
  await expect(page.locator('#sentence')).toContainText('The last refresh failed.');
  await server(page, 'answers');
  await time(page, '×10');
  await showsState(page, 'registered');
  await expect(page.locator('#problem')).toBeHidden();
});

test('a registrar that restarts has forgotten the binding, and gets it again', async ({ page }) => {
  await press(page, 'Restart the registrar');
  await expect(page.locator('#log .event').filter({ hasText: /^registered$/ })).toHaveCount(2);
  await expect(ladderTitles(page).filter({ hasText: '401' })).toHaveCount(2);
  await expect(page.locator('#bindings tr')).toHaveCount(1);
  await expect(page.locator('#timeline .happening.restart')).toHaveCount(1);
});

test('stale nonces cost one round trip', async ({ page }) => {
  await press(page, 'Expire its nonces');
  await press(page, 'Refresh');
  await expect(ladderTitles(page)).toHaveCount(8);
  await expect(page.locator('#ladder .note').nth(5)).toContainText('stale');
  await showsState(page, 'registered');
});

test('after a jump of the clock the binding has expired, and comes back', async ({ page }) => {
  await press(page, '+10 minutes');
  await expect(page.locator('#log')).toContainText('expired');
  await expect(page.locator('#log .event').filter({ hasText: /^registered$/ })).toHaveCount(2);
  await showsState(page, 'registered');
  await expect(page.locator('#timeline .happening.jump')).toHaveCount(1);
  await keepPicture(page, 'jump');
});

test('time that runs fast brings the refresh soon', async ({ page }) => {
  await time(page, '×60');
  await expect(page.locator('#clock')).toContainText('×60');
  await expect(glyphs(page, 'refreshed')).not.toHaveCount(0);
  await time(page, '×1');
  await expect(page.locator('#clock')).not.toContainText('×');
  await showsState(page, 'registered');
});

test('of a real server only the connection can be broken', async ({ page, demo }) => {
  await time(page, '×10');
  await useServer(page, demo.registrarUrl);
  await expect(page.getByLabel('×1', { exact: true })).toBeChecked();
  for (const label of ['answers 503', '×10', '×60']) {
    await expect(page.getByLabel(label, { exact: true })).toBeDisabled();
  }
  for (const name of ['Restart the registrar', 'Expire its nonces']) {
    await expect(page.getByRole('button', { name })).toBeDisabled();
  }
  await register(page);
  await press(page, 'Cut the socket');
  await expect(page.locator('#log .event').filter({ hasText: /^registered$/ })).toHaveCount(3);
  expect(demo.registrar.connections).toBe(1);
  expect(demo.registrar.bindings(demo.account.aor)).toHaveLength(1);

  await server(page, 'refuses connections');
  await expect.poll(() => demo.registrar.connections).toBe(0);
  await showsState(page, 'waiting');
  await server(page, 'answers');
  await showsState(page, 'registered');
});
