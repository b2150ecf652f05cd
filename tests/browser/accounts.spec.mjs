import {
  addAccount,
  edit,
  expect,
  keepPicture,
  openPage,
  register,
  showsState,
  test,
  useServer,
} from './fixtures.mjs';

const alice = 'sip:alice@example.com';
const list = (page) => page.getByRole('listitem').filter({ has: page.locator('.account') });

test.beforeEach(async ({ page, demo }) => {
  await openPage(page, demo.url);
});

/** The demo account and alice at the demo server's registrar. */
async function registerTwo(page, demo) {
  await addAccount(page);
  await useServer(page, demo.registrarUrl);
  await page.getByRole('button', { name: 'Clear' }).click();
  await register(page);
  await page.getByRole('button', { name: /^demo@example.com/ }).click();
  await register(page);
}

test('several accounts share one connection', async ({ page, demo }) => {
  await registerTwo(page, demo);
  expect(demo.registrar.connections).toBe(1);
  for (const aor of [demo.account.aor, alice]) {
    expect(demo.registrar.bindings(aor)).toHaveLength(1);
  }
  await expect(list(page)).toHaveText([/demo@example.comRegistered\d:\d\d/, /alice.*Registered/]);
  await expect(page.locator('#ladder .whose')).toHaveText([
    ...Array(4).fill('alice'),
    ...Array(4).fill('demo'),
  ]);
  await keepPicture(page, 'two-accounts');
});

test('each has buttons and a state of its own', async ({ page, demo }) => {
  await registerTwo(page, demo);
  await page.getByRole('button', { name: 'Unregister', exact: true }).click();
  await showsState(page, 'unregistered');
  await expect(list(page)).toHaveText([/demo.*Not registered/, /alice.*Registered/]);
  await page.getByRole('button', { name: /^alice@example.com/ }).click();
  await expect(page.getByRole('button', { name: /^alice@example.com/ })).toHaveAttribute(
    'aria-pressed',
    'true',
  );
  await showsState(page, 'registered');
  await expect(page.locator('#account-name')).toHaveText(alice);
  expect(demo.registrar.bindings(alice)).toHaveLength(1);
});

test('remove forgets an account and sends nothing', async ({ page, demo }) => {
  await registerTwo(page, demo);
  const { length } = demo.registrar.requests;
  await page.getByRole('button', { name: 'Remove', exact: true }).click();
  await expect(list(page)).toHaveCount(1);
  await expect(page.locator('#account-name')).toHaveText(alice);
  await page.getByRole('button', { name: 'Remove', exact: true }).click();
  await expect(page.getByText('No account yet.')).toBeVisible();
  await expect(page.locator('#status')).toBeHidden();
  await expect(page.getByRole('button', { name: 'Add account' })).toBeFocused();
  expect(demo.registrar.requests).toHaveLength(length);
  expect(demo.registrar.bindings(alice)).toHaveLength(1);
});

test('one refused password leaves the other account alone', async ({ page }) => {
  await register(page);
  await page.getByRole('button', { name: 'Add account' }).click();
  await page.getByLabel('Password').fill('wrong');
  await page.getByRole('button', { name: 'Save and register' }).click();
  await showsState(page, 'failed');
  await expect(list(page)).toHaveText([/demo.*Registered/, /alice.*Failed/]);
});

test('an account with another address gives its old binding back', async ({ page, demo }) => {
  await useServer(page, demo.registrarUrl);
  await register(page);
  await edit(page, { 'Address of record': alice, 'Auth user name': 'alice' });
  await showsState(page, 'registered');
  await expect(list(page)).toHaveText([/alice.*Registered/]);
  await expect.poll(() => demo.registrar.bindings(demo.account.aor)).toEqual([]);
  expect(demo.registrar.bindings(alice)).toHaveLength(1);
});

test('a bounded number of accounts can be added', async ({ page }) => {
  for (let added = 1; added < 8; added += 1) {
    await addAccount(page);
    await showsState(page, 'registered');
  }
  await expect(list(page)).toHaveCount(8);
  await expect(page.getByRole('button', { name: 'Add account' })).toBeDisabled();
});

test('a reload keeps the accounts, without passwords of others', async ({ page }) => {
  await addAccount(page);
  await page.getByRole('button', { name: 'Add account' }).click();
  await page.getByLabel('Address of record').fill('sip:zoe@example.net');
  await page.getByLabel('Password').fill('hers alone');
  await page.getByRole('button', { name: 'Save', exact: true }).click();
  await page.reload();
  await expect(list(page)).toHaveText([/demo/, /alice/, /zoe@example.net/]);
  await page.getByRole('button', { name: /^zoe/ }).click();
  await page.getByRole('button', { name: 'Edit' }).click();
  await expect(page.getByLabel('Password')).toHaveValue('');
});
