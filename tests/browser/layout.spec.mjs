import { fileURLToPath } from 'node:url';
import { expect, keepPicture, register, test } from './fixtures.mjs';

const sizes = [
  { width: 1280, height: 900 },
  { width: 800, height: 1100 },
  { width: 360, height: 740 },
];

for (const colorScheme of ['light', 'dark']) {
  for (const viewport of sizes) {
    test(`${colorScheme} at ${viewport.width} px needs no sideways scrolling`, async ({
      page,
      demo,
    }) => {
      await page.emulateMedia({ colorScheme });
      await page.setViewportSize(viewport);
      await page.goto(demo.url);
      await page.getByText('More options').click();
      await register(page);
      for (const summary of await page.locator('#ladder summary').all()) await summary.click();
      const width = await page.evaluate(() => document.documentElement.scrollWidth);
      expect(width).toBe(viewport.width);
      const outside = await page
        .locator('body *:visible')
        .evaluateAll((all) =>
          all
            .filter((each) => each.getBoundingClientRect().right > innerWidth + 0.5)
            .map((each) => each.outerHTML.slice(0, 80)),
        );
      expect(outside).toEqual([]);
      await keepPicture(page, `${colorScheme}-${viewport.width}`);
    });
  }
}

test('dark and light differ, and both are legible', async ({ page, demo }) => {
  await page.goto(demo.url);
  const grounds = [];
  for (const colorScheme of ['light', 'dark']) {
    await page.emulateMedia({ colorScheme });
    grounds.push(await page.evaluate(() => getComputedStyle(document.body).backgroundColor));
    const ratios = await page.evaluate(contrasts);
    expect(Math.min(...Object.values(ratios)), JSON.stringify(ratios)).toBeGreaterThanOrEqual(4.5);
  }
  expect(grounds[0]).not.toBe(grounds[1]);
});

/** Contrast of each text colour on the ground it stands on (WCAG 2.2, 1.4.3). Runs in the page. */
function contrasts() {
  const style = getComputedStyle(document.documentElement);
  const context = document.createElement('canvas').getContext('2d');
  const luminance = (name) => {
    context.fillStyle = style.getPropertyValue(name);
    context.fillRect(0, 0, 1, 1);
    const [red, green, blue] = [...context.getImageData(0, 0, 1, 1).data].map((byte) => {
      const share = byte / 255;
      return share <= 0.04045 ? share / 12.92 : ((share + 0.055) / 1.055) ** 2.4;
    });
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue;
  };
  const pairs = [
    ['--text', '--page'],
    ['--text', '--card'],
    ['--muted', '--card'],
    ['--muted', '--sunken'],
    ['--muted', '--bad-soft'],
    ['--on-accent', '--accent'],
    ['--accent', '--card'],
    ['--accent', '--accent-soft'],
    ...['good', 'warn', 'bad'].map((tone) => [`--${tone}`, `--${tone}-soft`]),
    ...['good', 'warn', 'bad'].map((tone) => [`--${tone}`, '--card']),
  ];
  return Object.fromEntries(
    pairs.map((pair) => {
      const [low, high] = pair.map(luminance).sort((a, b) => a - b);
      return [pair.join(' on '), (high + 0.05) / (low + 0.05)];
    }),
  );
}

test('the keyboard alone registers and unregisters', async ({ page, demo }) => {
  await page.goto(demo.url);
  await page.getByLabel('Server URL').focus();
  await page.keyboard.press('Enter');
  await expect(page.locator('#status')).toHaveAttribute('data-state', 'registered');
  const unregister = page.getByRole('button', { name: 'Unregister', exact: true });
  for (let presses = 0; presses < 12; presses += 1) {
    if (await unregister.evaluate((button) => button === document.activeElement)) break;
    await page.keyboard.press('Tab');
  }
  await expect(unregister).toBeFocused();
  expect(await unregister.evaluate((button) => getComputedStyle(button).outlineStyle)).toBe(
    'solid',
  );
  await page.keyboard.press('Enter');
  await expect(page.locator('#status')).toHaveAttribute('data-state', 'unregistered');
  await expect(page.getByRole('button', { name: 'Register', exact: true })).toBeFocused();
});

test('the state is announced, the ticking countdown is not', async ({ page, demo }) => {
  await page.goto(demo.url);
  await expect(page.getByRole('status')).toContainText('Not registered');
  await register(page);
  await expect(page.getByRole('status')).toContainText('Registered');
  await expect(page.getByRole('status')).not.toContainText(/\d:\d\d/);
  await expect(page.getByRole('timer')).toContainText(/\d:\d\d/);
});

test('reduced motion stops every animation', async ({ page, demo }) => {
  await page.emulateMedia({ reducedMotion: 'reduce' });
  await page.goto(demo.url);
  await register(page);
  expect(await page.evaluate(() => document.getAnimations().length)).toBe(0);
  const moves = await page
    .locator('#gauge')
    .evaluate((ring) => getComputedStyle(ring).transitionProperty);
  expect(moves).toBe('none');
});

test('the picture of the README', async ({ page, demo }) => {
  await page.setViewportSize({ width: 1280, height: 800 });
  await page.goto(demo.url);
  await register(page);
  await page.clock.install();
  await page.clock.fastForward(47_000);
  await expect(page.locator('#gauge-number')).toHaveText(/^9:1\d$/);
  await keepPicture(page, 'readme');
  if (process.env.SIPREG_WRITE_PICTURE === '1') {
    const path = fileURLToPath(new URL('../../docs/demo.png', import.meta.url));
    await page.screenshot({ path, fullPage: true, animations: 'disabled' });
  }
});
