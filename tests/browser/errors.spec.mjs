import { reply } from '../../dist/testing.js';
import { deadUrl, expect, keepPicture, ladderTitles, register, test } from './fixtures.mjs';

test.beforeEach(async ({ page, demo }) => {
  await page.goto(demo.url);
  await expect(page.getByLabel('Address of record')).toHaveValue(demo.account.aor);
});

test('a wrong password is told at its field, and the right one then works', async ({ page }) => {
  const right = await page.getByLabel('Password').inputValue();
  await page.getByLabel('Password').fill('wrong');
  await register(page, 'failed');
  await expect(page.getByRole('alert')).toContainText('User name or password refused');
  await expect(page.getByRole('alert')).toContainText('Check the password');
  await expect(page.getByLabel('Password')).toHaveAccessibleDescription(/refused/);
  await expect(page.getByLabel('Password')).toHaveAttribute('aria-invalid', 'true');
  await keepPicture(page, 'wrong-password');

  await page.getByLabel('Password').fill(right);
  await register(page);
  await expect(page.getByRole('alert')).toBeHidden();
  await expect(page.locator('.field-error')).toHaveCount(0);
});

test.describe('a server that refuses', () => {
  test.use({ allowedComplaints: /WebSocket connection to .* failed/ });

  test('shows the possible causes and the time of the next attempt', async ({ page }) => {
    await page.getByLabel('Server URL').fill(await deadUrl());
    await register(page, 'waiting');
    const alert = page.getByRole('alert');
    await expect(alert).toContainText('No connection to 127.0.0.1:');
    await expect(alert).toContainText('Possible causes');
    await expect(alert.getByRole('listitem')).toHaveCount(4);
    await expect(page.getByLabel('Server URL')).toHaveAccessibleDescription(/No connection/);
    await expect(page.locator('#gauge-label')).toHaveText('until retry');
    await keepPicture(page, 'refused');

    await page.getByRole('button', { name: 'Unregister', exact: true }).click();
    await expect(page.locator('#status')).toHaveAttribute('data-state', 'unregistered');
  });

  test('is replaced by one that answers', async ({ page, demo }) => {
    await page.getByLabel('Server URL').fill(await deadUrl());
    await register(page, 'waiting');
    await page.getByRole('button', { name: 'Remove', exact: true }).click();
    await page.getByLabel('Server URL').fill(demo.registrarUrl);
    await register(page);
    await expect(page.getByRole('alert')).toBeHidden();
  });
});

const malformed = [
  ['Address of record', 'alice'],
  ['Address of record', ''],
  ['Address of record', 'sip:alice@example.com\u0000X'],
  ['Address of record', 'sip:al ice@example.com'],
  ['Server URL', ''],
  ['Server URL', 'http://127.0.0.1'],
  ['Server URL', 'ws://sip.example.com'],
  ['Expires', '0'],
  ['Expires', 'soon'],
  ['Registrar request URI', 'example.com'],
  ['Supported tags', '100rel, a"b'],
  ['Extra headers', 'Via: SIP/2.0/WS evil.example.com'],
  ['Extra headers', 'X-A: 1\r\nContact: <sip:mallory@example.com>'],
  ['Extra headers', 'no colon'],
];

for (const [label, value] of malformed) {
  test(`${label} ${JSON.stringify(value)} is refused at the field`, async ({ page, demo }) => {
    await page.locator('#extras').evaluate((extras) => (extras.open = true));
    await page.getByLabel(label).fill(value);
    await page.getByRole('button', { name: 'Register', exact: true }).click();
    await expect(page.getByLabel(label)).toHaveAccessibleDescription(/\w/);
    await expect(page.getByLabel(label)).toHaveAttribute('aria-invalid', 'true');
    await expect(page.getByLabel(label)).toBeFocused();
    await expect(page.locator('.field-error')).toHaveCount(1);
    await expect(ladderTitles(page)).toHaveCount(0);
    expect(demo.registrar.requests).toEqual([]);
    expect(demo.registrar.connections).toBe(0);

    await page.getByLabel(label).press('End');
    await page.getByLabel(label).press('x');
    await expect(page.locator('.field-error')).toHaveCount(0);
  });
}

test('line breaks in a display name never reach the wire', async ({ page, demo }) => {
  // An <input> drops them from what is typed or pasted; a script can still hand them over.
  await page.locator('#displayName').evaluate((field) => {
    Object.defineProperty(field, 'value', { value: 'A\r\nX-Injected: 1' });
  });
  await page.getByRole('button', { name: 'Register', exact: true }).click();
  await expect(page.locator('#displayName')).toHaveAttribute('aria-invalid', 'true');
  await expect(page.locator('#displayName')).toBeVisible();
  expect(demo.registrar.requests).toEqual([]);
});

test('what a hostile server says is shown as text', async ({ page, openRegistrar }) => {
  const reason = '<img src=x onerror="document.title=1"><script>document.title=1</script>';
  const { url } = await openRegistrar({ respond: (request) => reply(request, 403, reason) });
  await page.getByLabel('Server URL').fill(url);
  await register(page, 'failed');
  await expect(page.getByRole('alert')).toContainText('The server forbids this registration');
  await expect(page.getByRole('alert')).toContainText(reason);
  await expect(ladderTitles(page).last()).toHaveText(`403 ${reason}`);
  await expect(page.locator('body img')).toHaveCount(0);
  await expect(page.locator('body script')).toHaveCount(0);
  await expect(page).toHaveTitle('sipreg demo');
  await keepPicture(page, 'hostile');
});

const refusals = [
  [404, 'Not Found', 'does not know this address', 'Address of record'],
  [420, 'Bad Extension', 'lacks an extension', 'Supported tags'],
  [302, 'Moved Temporarily', 'elsewhere', 'Server URL'],
];

for (const [status, reason, words, label] of refusals) {
  test(`${status} is explained at “${label}”`, async ({ page, openRegistrar }) => {
    const { url } = await openRegistrar({ respond: (request) => reply(request, status, reason) });
    await page.getByLabel('Server URL').fill(url);
    await register(page, 'failed');
    await expect(page.getByRole('alert')).toContainText(words);
    await expect(page.getByLabel(label)).toHaveAccessibleDescription(/\w/);
  });
}

test('a busy server is retried when it says so', async ({ page, openRegistrar }) => {
  const respond = (request) => reply(request, 503, 'Service Unavailable', { 'Retry-After': '120' });
  const { url } = await openRegistrar({ respond });
  await page.getByLabel('Server URL').fill(url);
  await register(page, 'waiting');
  await expect(page.getByRole('alert')).toContainText('It asks to wait 120 s.');
  // The 120 s that were asked for and up to a tenth more, so that not all clients come back at once.
  await expect(page.locator('#gauge-number')).toHaveText(/^(2:(0\d|1[0-2])|1:5[5-9])$/);
});

test('a lost connection keeps the binding and comes back', async ({ page, demo }) => {
  await register(page);
  demo.registrar.disconnect(1001);
  await expect(page.locator('#log')).toContainText('code 1001');
  await expect(page.locator('#status')).toHaveAttribute('data-state', 'registered');
  await expect(page.locator('#connection')).toHaveText('Connected');
  expect(demo.registrar.bindings(demo.account.aor)).toHaveLength(1);
});
