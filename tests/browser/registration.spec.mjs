import {
  edit,
  expect,
  keepPicture,
  ladderTitles,
  openPage,
  register,
  showsState,
  test,
  useServer,
} from './fixtures.mjs';

const seconds = (text) => text.split(':').reduce((total, part) => total * 60 + Number(part), 0);

test.beforeEach(async ({ page, demo }) => {
  await page.clock.install();
  await openPage(page, demo.url);
  await useServer(page, demo.registrarUrl);
});

test('registers through digest and shows the exchange', async ({ page, demo }) => {
  await register(page);
  await expect(page.locator('#state')).toHaveText('Registered');
  await expect(page.locator('#connection')).toHaveText('Connected');
  await expect(ladderTitles(page)).toHaveText([
    'REGISTER sip:example.com',
    '401 Unauthorized',
    'REGISTER sip:example.com',
    '200 OK',
  ]);
  await expect(page.locator('#facts')).toContainText('Digest SHA-256');
  await expect(page.locator('#facts')).toContainText('120 s');
  expect(demo.registrar.bindings(demo.account.aor)).toHaveLength(1);
  await keepPicture(page, 'registered');
});

test('the countdown runs down and the refresh goes out by itself', async ({ page, demo }) => {
  await register(page);
  const shown = async () => seconds(await page.locator('#gauge-number').textContent());
  expect(await shown()).toBeGreaterThan(110);
  await page.clock.fastForward(30_000);
  await expect.poll(shown).toBeLessThan(91);
  expect(await shown()).toBeGreaterThan(80);
  await expect(page.locator('#facts')).toContainText('Next refresh');
  expect(demo.registrar.requests).toHaveLength(2);

  await page.clock.fastForward(85_000);
  await expect.poll(() => demo.registrar.requests.length).toBe(3);
  await expect.poll(shown).toBeGreaterThan(110);
  await expect(page.locator('#log')).toContainText('refreshed');
});

test('refreshes with another lifetime, in one round trip', async ({ page, demo }) => {
  await register(page);
  await edit(page, { Expires: '1200' }, 'Save');
  await page.getByRole('button', { name: 'Refresh' }).click();
  await expect(page.locator('#facts')).toContainText('1200 s');
  await expect(ladderTitles(page)).toHaveCount(6);
  const [binding] = demo.registrar.bindings(demo.account.aor);
  expect(binding.expires).toBeGreaterThan(1190);
});

test('query lists every binding, marks the own one and can remove the other', async ({
  page,
  demo,
  context,
}) => {
  const other = await context.newPage();
  await openPage(other, demo.url);
  await useServer(other, demo.registrarUrl);
  await register(other);
  await register(page);
  await page.getByRole('button', { name: 'Query' }).click();
  await expect(ladderTitles(page)).toHaveCount(6);
  await expect(page.locator('#bindings tr')).toHaveCount(2);
  await expect(page.locator('#bindings tr[data-own]')).toHaveCount(1);
  await expect(page.locator('#bindings tr[data-own]')).toContainText('This page');
  await expect(page.locator('#ladder .note').last()).toContainText('CSeq 3 · Contact ×2');
  await keepPicture(page, 'two-bindings');

  await page.getByRole('button', { name: /^Remove the binding/ }).click();
  await expect(page.locator('#bindings tr')).toHaveCount(1);
  const [left] = demo.registrar.bindings(demo.account.aor);
  await expect(page.locator('#facts')).toContainText(left.uri);
});

test('unregisters, and registers again', async ({ page, demo }) => {
  await register(page);
  await page.getByRole('button', { name: 'Unregister', exact: true }).click();
  await showsState(page, 'unregistered');
  await expect(page.locator('#sentence')).toHaveText('The registrar has removed the binding.');
  await expect(page.locator('#bindings-empty')).toBeVisible();
  await expect(page.locator('#gauge-label')).toHaveText('no binding');
  expect(demo.registrar.bindings(demo.account.aor)).toEqual([]);
  await keepPicture(page, 'unregistered');

  await register(page);
  expect(demo.registrar.bindings(demo.account.aor)).toHaveLength(1);
});

test('unregister all removes the bindings of others', async ({ page, demo, context }) => {
  const other = await context.newPage();
  await openPage(other, demo.url);
  await useServer(other, demo.registrarUrl);
  await register(other);
  await register(page);
  expect(demo.registrar.bindings(demo.account.aor)).toHaveLength(2);
  await page.getByRole('button', { name: 'Unregister all' }).click();
  await showsState(page, 'unregistered');
  expect(demo.registrar.bindings(demo.account.aor)).toEqual([]);
});

test('buttons are enabled only where they make sense', async ({ page }) => {
  const enabled = () =>
    page
      .locator('.actions > button')
      .evaluateAll((all) => all.filter((each) => !each.disabled).map(({ id }) => id));
  expect(await enabled()).toEqual(['register', 'query', 'unregister-all']);
  await register(page);
  expect(await enabled()).toEqual(['refresh', 'query', 'unregister', 'unregister-all']);
  await page.getByRole('button', { name: 'Unregister', exact: true }).click();
  await showsState(page, 'unregistered');
  expect(await enabled()).toEqual(['register', 'query', 'unregister-all']);
});

test('extras go out with REGISTER', async ({ page, demo }) => {
  await edit(page, {
    'Display name': 'Demo “D” User',
    'Supported tags': '100rel, timer',
    'Extra headers': 'X-Branch: Lisbon\nX-Team: one\nX-Team: two',
  });
  await showsState(page, 'registered');
  const [, request] = demo.registrar.requests;
  expect(request).toContain('Demo “D” User');
  expect(request).toMatch(/^Supported:.*100rel.*timer/m);
  expect(request).toContain('X-Branch: Lisbon\r\n');
  expect(request).toMatch(/X-Team: one\r\n(.*\r\n)*X-Team: two\r\n/);
});

test('a reload keeps the form and the identity', async ({ page, demo }) => {
  await edit(page, { Expires: '900' });
  await showsState(page, 'registered');
  const [before] = demo.registrar.bindings(demo.account.aor);
  await page.reload();
  await expect(page.locator('#ladder-server')).toHaveText(new URL(demo.registrarUrl).host);
  await expect(page.getByRole('radio', { name: /A SIP server/ })).toBeChecked();
  await register(page);
  await expect(page.locator('#facts')).toContainText('900 s');
  const after = demo.registrar.bindings(demo.account.aor);
  expect(after).toHaveLength(1);
  expect(after[0].instanceId).toBe(before.instanceId);
  const kept = await page.evaluate(() =>
    JSON.stringify([{ ...sessionStorage }, { ...localStorage }]),
  );
  expect(kept).not.toContain(demo.account.password);
});

test('leaving the page unregisters', async ({ page, demo }) => {
  await register(page);
  await page.goto('about:blank');
  await expect.poll(() => demo.registrar.bindings(demo.account.aor)).toEqual([]);
});

test('the accounts move to another server and leave nothing at the old one', async ({
  page,
  demo,
}) => {
  await register(page);
  await page.getByRole('radio', { name: /In this page/ }).check();
  await expect(page.locator('#ladder-server')).toHaveText('Registrar in this page');
  expect(demo.registrar.bindings(demo.account.aor)).toEqual([]);
  await register(page);
  expect(demo.registrar.bindings(demo.account.aor)).toEqual([]);
});
