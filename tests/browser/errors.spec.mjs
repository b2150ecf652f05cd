import { reply } from '../../dist/testing.js';
import {
  deadUrl,
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

const problem = (page) => page.locator('#problem');

test.beforeEach(async ({ page, demo }) => {
  await openPage(page, demo.url);
});

test('a wrong password is told, and the right one then works', async ({ page, demo }) => {
  await edit(page, { Password: 'wrong' });
  await showsState(page, 'failed');
  await expect(problem(page)).toContainText('User name or password refused');
  await expect(problem(page)).toContainText('check the password');
  await keepPicture(page, 'wrong-password');

  await edit(page, { Password: demo.account.password });
  await showsState(page, 'registered');
  await expect(problem(page)).toBeHidden();
});

test.describe('a server that is not there', () => {
  test.use({ allowedComplaints: /WebSocket connection to .* failed/ });

  test('shows the possible causes and the time of the next attempt', async ({ page }) => {
    await useServer(page, await deadUrl());
    await register(page, 'waiting');
    await expect(problem(page)).toContainText('No connection to 127.0.0.1:');
    await expect(problem(page)).toContainText('Possible causes');
    await expect(problem(page).getByRole('listitem')).toHaveCount(4);
    await expect(page.locator('#gauge-label')).toHaveText('until retry');
    await keepPicture(page, 'refused');

    await page.getByRole('button', { name: 'Unregister', exact: true }).click();
    await showsState(page, 'unregistered');
  });

  test('is replaced by one that answers', async ({ page, demo }) => {
    await useServer(page, await deadUrl());
    await register(page, 'waiting');
    await useServer(page, demo.registrarUrl);
    await register(page);
    await expect(problem(page)).toBeHidden();
  });
});

for (const url of ['', 'http://127.0.0.1', 'ws://sip.example.com', 'wss://']) {
  test(`Server URL ${JSON.stringify(url)} is refused at the field`, async ({ page }) => {
    await page.getByRole('radio', { name: /A SIP server/ }).check();
    const field = page.getByLabel('Server URL');
    await field.fill(url);
    await page.getByRole('button', { name: 'Use this server' }).click();
    await expect(field).toHaveAccessibleDescription(/\w/);
    await expect(field).toHaveAttribute('aria-invalid', 'true');
    await expect(field).toBeFocused();
    await expect(page.locator('#ladder-server')).toHaveText('Registrar in this page');
    await field.press('x');
    await expect(page.locator('.field-error')).toHaveCount(0);
  });
}

const malformed = [
  ['Address of record', 'alice'],
  ['Address of record', ''],
  ['Address of record', 'sip:alice@example.com\u0000X'],
  ['Address of record', 'sip:al ice@example.com'],
  ['Expires', '0'],
  ['Expires', 'soon'],
  ['Registrar request URI', 'example.com'],
  ['Supported tags', '100rel, a"b'],
  ['Extra headers', 'Via: SIP/2.0/WS evil.example.com'],
  ['Extra headers', 'X-A: 1\r\nContact: <sip:mallory@example.com>'],
  ['Extra headers', 'no colon'],
];

for (const [label, value] of malformed) {
  test(`${label} ${JSON.stringify(value)} is refused at the field`, async ({ page }) => {
    await edit(page, { [label]: value });
    const field = page.getByLabel(label);
    await expect(field).toHaveAccessibleDescription(/\w/);
    await expect(field).toHaveAttribute('aria-invalid', 'true');
    await expect(field).toBeFocused();
    await expect(page.locator('.field-error')).toHaveCount(1);
    await expect(page.getByRole('dialog')).toBeVisible();
    await expect(ladderTitles(page)).toHaveCount(0);

    await field.press('End');
    await field.press('x');
    await expect(page.locator('.field-error')).toHaveCount(0);
    await page.keyboard.press('Escape');
    await expect(page.locator('#account-name')).toHaveText('sip:demo@example.com');
  });
}

test('line breaks in a display name never reach the wire', async ({ page }) => {
  // An <input> drops them from what is typed or pasted; a script can still hand them over.
  await page.locator('#displayName').evaluate((field) => {
    Object.defineProperty(field, 'value', { get: () => 'A\r\nX-Injected: 1', set() {} });
  });
  await edit(page, {});
  await expect(page.locator('#displayName')).toHaveAttribute('aria-invalid', 'true');
  await expect(page.locator('#displayName')).toBeVisible();
  await expect(ladderTitles(page)).toHaveCount(0);
});

test('what a hostile server says is shown as text', async ({ page, openRegistrar }) => {
  const reason = '<img src=x onerror="document.title=1"><script>document.title=1</script>';
  const { url } = await openRegistrar({ respond: (request) => reply(request, 403, reason) });
  await useServer(page, url);
  await register(page, 'failed');
  await expect(problem(page)).toContainText('The server forbids this registration');
  await expect(problem(page)).toContainText(reason);
  await expect(ladderTitles(page).last()).toHaveText(`403 ${reason}`);
  await expect(page.locator('body img')).toHaveCount(0);
  await expect(page.locator('body script')).toHaveCount(0);
  await expect(page).toHaveTitle('sipreg demo');
  await keepPicture(page, 'hostile');
});

const refusals = [
  [404, 'Not Found', 'does not know this address'],
  [420, 'Bad Extension', 'lacks an extension'],
  [302, 'Moved Temporarily', 'elsewhere'],
];

for (const [status, reason, words] of refusals) {
  test(`${status} is explained`, async ({ page, openRegistrar }) => {
    const { url } = await openRegistrar({ respond: (request) => reply(request, status, reason) });
    await useServer(page, url);
    await register(page, 'failed');
    await expect(problem(page)).toContainText(words);
  });
}

test('a busy server is retried when it says so', async ({ page, openRegistrar }) => {
  const respond = (request) => reply(request, 503, 'Service Unavailable', { 'Retry-After': '120' });
  const { url } = await openRegistrar({ respond });
  await useServer(page, url);
  await register(page, 'waiting');
  await expect(problem(page)).toContainText('It asks to wait 120 s.');
  // The 120 s that were asked for and up to a tenth more, so that not all clients come back at once.
  await expect(page.locator('#gauge-number')).toHaveText(/^(2:(0\d|1[0-2])|1:5[5-9])$/);
});

test('a lost connection keeps the binding and comes back', async ({ page, demo }) => {
  await useServer(page, demo.registrarUrl);
  await register(page);
  demo.registrar.disconnect(1001);
  await expect(page.locator('#log')).toContainText('code 1001');
  await expect(page.locator('#status')).toHaveAttribute('data-state', 'registered');
  await expect(page.locator('#connection')).toHaveText('Connected');
  expect(demo.registrar.bindings(demo.account.aor)).toHaveLength(1);
});

test.describe('a page that may not use WebAssembly', () => {
  test.use({ allowedComplaints: /wasm|script-src|WebAssembly/ });

  test('says so at once, and what to allow', async ({ page, serveUnder }) => {
    await page.goto(await serveUnder("default-src 'self'; script-src 'self'"));
    const notice = page.getByRole('alert');
    await expect(notice).toContainText('This browser or page cannot run the library');
    await expect(notice).toContainText("script-src 'self' 'wasm-unsafe-eval'");
    await expect(page.getByRole('button', { name: 'Add account' })).toBeDisabled();
    await keepPicture(page, 'unsupported');
  });
});
