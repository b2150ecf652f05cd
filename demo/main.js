import { demoExpires, focusAction, watchAccounts, watchExports } from './controls.js';
import { createDrawing, serverName } from './drawing.js';
import { emptyValues } from './model/account-options.js';
import { Clock } from './model/clock.js';
import { addresses, passwordOf } from './model/demo-accounts.js';
import { keep, kept } from './model/kept.js';
import { Phone } from './model/phone.js';
import { Transcript } from './model/transcript.js';
import { explain } from './text/explain.js';
import { byId } from './view/dom.js';
import { watchFaults } from './view/faults.js';
import { drawEntry } from './view/ladder.js';
import { addEvent } from './view/log.js';
import { drawProblem } from './view/problem.js';
import { fillServer, watchServer } from './view/server-form.js';
import { legend } from './view/timeline-glyphs.js';

const clock = new Clock();
const phone = new Phone(clock);
const transcript = new Transcript();
const drawing = createDrawing({
  phone,
  clock,
  transcript,
  onRemoveBinding: (account, uri) => run(account, () => account.removeBinding(uri)),
});

function showProblem(account, error) {
  account.problem = explain(error, phone.server);
  drawing.soon();
}

/** Runs what a button asks for; every way it can fail ends as words on the page. */
async function run(account, operation) {
  const pressed = document.activeElement;
  account.problem = null;
  drawing.soon();
  try {
    await operation();
  } catch (error) {
    // The person's own doing, and visible in the state: no error.
    if (!['cancelled', 'removed', 'closed'].includes(error.code)) showProblem(account, error);
  }
  drawing.all();
  if (pressed?.disabled || !pressed?.isConnected) focusAction();
}

phone.addEventListener('change', drawing.soon);
phone.addEventListener('log', ({ detail }) => addEvent(detail, clock.now()));
phone.addEventListener('problem', ({ detail }) => showProblem(detail.account, detail.error));
phone.addEventListener('message', ({ detail }) => {
  const entry = transcript.add(detail, clock.now());
  const to = entry.seen?.to;
  const account = phone.accounts.find(({ values }) => values.aor === to);
  drawEntry(entry, phone.accounts.length > 1 ? (account?.name ?? to) : '');
  drawing.soon();
});
clock.addEventListener('change', drawing.soon);
addEventListener('resize', drawing.soon);
byId('span').addEventListener('change', drawing.soon);
byId('timeline-table').addEventListener('toggle', drawing.soon);

watchAccounts(phone, run);
watchExports(transcript, () => transcript.asText(serverName(phone)), drawing.soon);
watchFaults(phone, clock);
watchServer(async (server) => {
  await phone.use(server);
  // A server's time cannot be changed.
  if (server !== null) clock.speed = 1;
  keep(phone);
});

addEventListener('pagehide', () => phone.leave());
// Back from the back/forward cache: leave() has closed the client, so start afresh.
addEventListener('pageshow', ({ persisted }) => persisted && location.reload());

/** Fills the page with what was there before a reload, else with the demo account. */
async function start() {
  const { accounts, server = null } = kept() ?? {};
  // It only suggests a server, so the page does without.
  const answer = await fetch('config.json').catch(() => null);
  const config = answer?.ok ? await answer.json() : {};
  fillServer(server, config.server ?? '');
  await phone.use(server);
  for (const values of accounts ?? [{ aor: addresses[0], expires: demoExpires }]) {
    phone.add({ ...emptyValues, ...values, password: passwordOf(values.aor) });
  }
  if (phone.accounts.length > 0) phone.select(phone.accounts[0]);
}

byId('legend').replaceChildren(...legend());
try {
  await start();
} catch (error) {
  drawProblem(byId('notice'), explain(error, phone.server ?? null), 'h2');
}
drawing.all();
setInterval(drawing.tick, 500);
