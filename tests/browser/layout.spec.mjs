import { fileURLToPath } from 'node:url';
import {
  addAccount,
  choose,
  expect,
  keepPicture,
  openPage,
  register,
  showsState,
  test,
} from './fixtures.mjs';

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
      await openPage(page, demo.url);
      await register(page);
      await addAccount(page);
      await showsState(page, 'registered');
      for (const summary of await page.locator('#ladder summary').all()) await summary.click();
      await page.getByText('As a table').click();
      await page.getByText('A SIP server').click();
      const width = await page.evaluate(() => document.documentElement.scrollWidth);
      expect(width).toBe(viewport.width);
      const outside = await page.locator('body *:visible').evaluateAll((all) =>
        all
          // What scrolls in a box of its own may be wider.
          .filter((each) => !each.closest('.code, .scroll > table'))
          .filter((each) => each.getBoundingClientRect().right > innerWidth + 0.5)
          .map((each) => each.outerHTML.slice(0, 80)),
      );
      expect(outside).toEqual([]);
      await keepPicture(page, `${colorScheme}-${viewport.width}`);

      await page.getByRole('button', { name: 'Edit', exact: true }).click();
      await page.getByText('More options').click();
      const dialog = await page.getByRole('dialog').boundingBox();
      expect(dialog.x).toBeGreaterThanOrEqual(0);
      expect(dialog.x + dialog.width).toBeLessThanOrEqual(viewport.width);
      await keepPicture(page, `${colorScheme}-${viewport.width}-dialog`);
    });
  }
}

test('dark and light differ, and both are legible', async ({ page, demo }) => {
  await openPage(page, demo.url);
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

test('the picture of the README', async ({ page, demo }) => {
  await page.setViewportSize({ width: 1280, height: 800 });
  await openPage(page, demo.url);
  await register(page);
  await addAccount(page);
  await showsState(page, 'registered');
  await choose(page, 'Time runs', '×60');
  const chart = page.locator('#timeline');
  await expect(chart).toHaveAccessibleName(/alice.*[1-9] refreshes/);
  await choose(page, 'Time runs', '×10');
  await choose(page, 'The server', 'refuses connections');
  await expect(chart).toHaveAccessibleName(/alice.*4 failed tries/);
  await choose(page, 'The server', 'answers');
  await showsState(page, 'registered');
  await choose(page, 'Time runs', '×1');
  await page.evaluate(() => scrollTo(0, 0));
  await page.mouse.move(0, 0);
  const path =
    process.env.SIPREG_WRITE_PICTURE === '1' ? 'docs/demo.png' : 'artifacts/browser/readme.png';
  const file = fileURLToPath(new URL(`../../${path}`, import.meta.url));
  const { length } = await page.screenshot({ path: file, animations: 'disabled' });
  expect(length).toBeLessThan(150 * 1024);
});
