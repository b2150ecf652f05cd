import { expect, keepPicture, ladderTitles, register, test } from './fixtures.mjs';

const seconds = (text) => text.split(':').reduce((total, part) => total * 60 + Number(part), 0);

test.beforeEach(async ({ page, demo }) => {
  await page.clock.install();
  await page.goto(demo.url);
  await expect(page.getByLabel('Address of record')).toHaveValue(demo.account.aor);
});

test('registers through digest and shows the exchange', async ({ page, demo }) => {
  await register(page);
  await expect(page.locator('#state')).toHaveText('Registered');
  await expect(page.locator('#connection')).toHaveText('Connected');
  await expect(ladderTitles(page)).toHaveText([
    'REGISTER',
    '401 Unauthorized',
    'REGISTER',
    '200 OK',
  ]);
  await expect(page.locator('#facts')).toContainText('Digest MD5');
  await expect(page.locator('#facts')).toContainText('600 s');
  expect(demo.registrar.bindings(demo.account.aor)).toHaveLength(1);
  await keepPicture(page, 'registered');
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

test('the countdown runs down and the refresh goes out by itself', async ({ page, demo }) => {
  await register(page);
  const shown = async () => seconds(await page.locator('#gauge-number').textContent());
  expect(await shown()).toBeGreaterThan(590);
  await page.clock.fastForward(100_000);
  await expect.poll(shown).toBeLessThan(501);
  expect(await shown()).toBeGreaterThan(450);
  await expect(page.locator('#facts')).toContainText('Next refresh');
  expect(demo.registrar.requests).toHaveLength(2);

  await page.clock.fastForward(460_000);
  await expect.poll(() => demo.registrar.requests.length).toBe(3);
  await expect.poll(shown).toBeGreaterThan(590);
  await expect(page.locator('#log')).toContainText('refreshed');
});

test('refreshes with another lifetime, in one round trip', async ({ page, demo }) => {
  await register(page);
  await page.getByLabel('Expires').fill('1200');
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
  await other.goto(demo.url);
  await register(other);
  await register(page);
  await page.getByRole('button', { name: 'Query' }).click();
  await expect(ladderTitles(page)).toHaveCount(6);
  await expect(page.locator('#bindings tr')).toHaveCount(2);
  await expect(page.locator('#bindings tr[data-own]')).toHaveCount(1);
  await expect(page.locator('#bindings tr[data-own]')).toContainText('This page');
  await expect(page.locator('#ladder .note').last()).toHaveText('CSeq 3 · 2 bindings');
  await keepPicture(page, 'two-bindings');

  await page.getByRole('button', { name: /^Remove the binding/ }).click();
  await expect(page.locator('#bindings tr')).toHaveCount(1);
  const [left] = demo.registrar.bindings(demo.account.aor);
  await expect(page.locator('#facts')).toContainText(left.uri);
});

test('unregisters, and registers again', async ({ page, demo }) => {
  await register(page);
  await page.getByRole('button', { name: 'Unregister', exact: true }).click();
  await expect(page.locator('#status')).toHaveAttribute('data-state', 'unregistered');
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
  await other.goto(demo.url);
  await register(other);
  await register(page);
  expect(demo.registrar.bindings(demo.account.aor)).toHaveLength(2);
  await page.getByRole('button', { name: 'Unregister all' }).click();
  await expect(page.locator('#status')).toHaveAttribute('data-state', 'unregistered');
  expect(demo.registrar.bindings(demo.account.aor)).toEqual([]);
});

test('remove forgets the registration and sends nothing', async ({ page, demo }) => {
  await register(page);
  await page.getByRole('button', { name: 'Remove', exact: true }).click();
  await expect(page.locator('#status')).toHaveAttribute('data-state', 'none');
  await expect(page.getByRole('button', { name: 'Register', exact: true })).toBeEnabled();
  expect(demo.registrar.requests).toHaveLength(2);
  expect(demo.registrar.bindings(demo.account.aor)).toHaveLength(1);
});

test('buttons are enabled only where they make sense', async ({ page }) => {
  const enabled = () =>
    page
      .locator('#register:enabled, .actions button:enabled')
      .evaluateAll((all) => all.map(({ id }) => id));
  expect(await enabled()).toEqual(['register']);
  await register(page);
  expect(await enabled()).toEqual(['refresh', 'query', 'unregister', 'unregister-all', 'remove']);
  await expect(page.getByLabel('Server URL')).not.toBeEditable();
  await page.getByRole('button', { name: 'Unregister', exact: true }).click();
  await expect(page.locator('#status')).toHaveAttribute('data-state', 'unregistered');
  expect(await enabled()).toEqual(['register', 'query', 'unregister-all', 'remove']);
  await expect(page.getByLabel('Server URL')).toBeEditable();
});

test('extras go out with REGISTER', async ({ page, demo }) => {
  await page.getByText('More options').click();
  await page.getByLabel('Display name').fill('Demo “D” User');
  await page.getByLabel('Supported tags').fill('100rel, timer');
  await page.getByLabel('Extra headers').fill('X-Branch: Lisbon\nX-Team: one\nX-Team: two');
  await register(page);
  const [, request] = demo.registrar.requests;
  expect(request).toContain('Demo “D” User');
  expect(request).toMatch(/^Supported:.*100rel.*timer/m);
  expect(request).toContain('X-Branch: Lisbon\r\n');
  expect(request).toMatch(/X-Team: one\r\n(.*\r\n)*X-Team: two\r\n/);
});

test('a reload keeps the form and the identity', async ({ page, demo }) => {
  await page.getByLabel('Expires').fill('900');
  await register(page);
  const [before] = demo.registrar.bindings(demo.account.aor);
  await page.reload();
  await expect(page.getByLabel('Expires')).toHaveValue('900');
  await expect(page.getByLabel('Password')).toHaveValue(demo.account.password);
  await register(page);
  const after = demo.registrar.bindings(demo.account.aor);
  expect(after).toHaveLength(1);
  expect(after[0].instanceId).toBe(before.instanceId);
});

test('leaving the page unregisters', async ({ page, demo }) => {
  await register(page);
  await page.goto('about:blank');
  await expect.poll(() => demo.registrar.bindings(demo.account.aor)).toEqual([]);
});
