// Says what a long step is doing: a line that is redrawn on a terminal, plain lines elsewhere.

const FRAMES = ['⠋', '⠙', '⠹', '⠸', '⠼', '⠴', '⠦', '⠧', '⠇', '⠏'];
const REDRAW_MS = 100;
const PLAIN_EVERY_MS = 15_000;

function seconds(since) {
  return `${Math.round((Date.now() - since) / 1000)} s`;
}

/**
 * Runs `work(report)` under a label; `report(text)` shows the latest line of a program's output beside it. The step ends
 * with a tick or a cross and the time that it took.
 */
export async function step(label, work) {
  const start = Date.now();
  const terminal = process.stdout.isTTY === true;
  let detail = '';
  let frame = 0;

  const draw = () => {
    const text = `${FRAMES[frame++ % FRAMES.length]} ${label} ${seconds(start)}  ${detail}`;
    process.stdout.write(`\r\x1b[2K${text.slice(0, (process.stdout.columns || 80) - 1)}`);
  };
  const ticker = terminal
    ? setInterval(draw, REDRAW_MS)
    : setInterval(() => console.log(`  ${label}: ${seconds(start)} so far`), PLAIN_EVERY_MS);
  if (!terminal) console.log(`· ${label}`);

  const report = (text) => {
    const last = text
      .trimEnd()
      .split(/[\r\n]/)
      .at(-1);
    if (last) detail = last.trim();
  };
  const finish = (mark) => {
    clearInterval(ticker);
    if (terminal) process.stdout.write('\r\x1b[2K');
    console.log(`${mark} ${label} (${seconds(start)})`);
  };
  try {
    const result = await work(report);
    finish('✓');
    return result;
  } catch (error) {
    finish('✗');
    throw error;
  }
}

/** A failure whose message is all that a person needs: no stack is printed for it. */
export class Stop extends Error {}

/** Runs a script's main function and turns its failure into a message and an exit status. */
export async function main(work) {
  try {
    await work();
  } catch (error) {
    console.error(error instanceof Stop ? `\n${error.message}` : error);
    process.exit(1);
  }
}
