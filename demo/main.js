import { drawBindings, enableBindings } from './bindings.js';
import { byId } from './dom.js';
import { explain } from './explain.js';
import {
  clearFieldErrors,
  fillAccount,
  keepAccount,
  lockAccount,
  readAccount,
  showFieldError,
  typedValues,
} from './form.js';
import { addMessage, clearMessages, messagesAsText } from './ladder.js';
import { addEvent } from './log.js';
import { Session } from './session.js';
import { drawProblem, drawState, drawTime } from './status.js';

const session = new Session();

function draw() {
  const { can } = session;
  drawState(session);
  lockAccount(!can.edit);
  byId('register').disabled = !can.register;
  byId('refresh').disabled = !can.refresh;
  byId('query').disabled = !can.query;
  byId('unregister').disabled = !can.unregister;
  byId('unregister-all').disabled = !can.unregisterAll;
  byId('remove').disabled = !can.remove;
  enableBindings(can.query);
}

function showProblem(error) {
  const problem = explain(error, typedValues());
  const atField = error instanceof TypeError && showFieldError(problem.field, problem.detail, true);
  if (atField) return;
  if (problem.field) showFieldError(problem.field, problem.title, false);
  drawProblem(problem);
}

function clearProblem() {
  clearFieldErrors();
  drawProblem(null);
}

/** Runs what a button asks for; every way it can fail ends as words on the page. */
async function run(operation) {
  const pressed = document.activeElement;
  clearProblem();
  try {
    await operation();
  } catch (error) {
    // The person's own doing, and visible in the state: no error.
    if (!['cancelled', 'removed', 'closed'].includes(error.code)) showProblem(error);
  }
  draw();
  // A disabled button loses the focus; who works with the keyboard goes on at the next sensible one.
  if (pressed?.disabled || !pressed?.isConnected) {
    byId(session.can.register ? 'register' : 'refresh').focus({ preventScroll: true });
  }
}

const operations = {
  refresh: () => session.refresh(readAccount().expires),
  query: () => session.query(),
  unregister: () => session.unregister(),
  'unregister-all': () => session.unregisterAll(),
  remove: () => session.remove(),
};

for (const [id, operation] of Object.entries(operations)) {
  byId(id).addEventListener('click', () => run(async () => operation()));
}

byId('account').addEventListener('submit', (event) => {
  event.preventDefault();
  if (!session.can.register) return;
  keepAccount();
  byId('status').scrollIntoView({ block: 'nearest' });
  run(async () => session.register(readAccount()));
});

byId('clear').addEventListener('click', clearMessages);
byId('copy').addEventListener('click', () =>
  run(() => navigator.clipboard.writeText(messagesAsText())),
);

session.addEventListener('change', draw);
session.addEventListener('message', ({ detail }) => addMessage(detail));
session.addEventListener('log', ({ detail }) => addEvent(detail));
session.addEventListener('bindings', ({ detail }) => {
  drawBindings(detail, (uri) => run(() => session.removeBinding(uri)));
});
session.addEventListener('problem', ({ detail }) => showProblem(detail));

addEventListener('pagehide', () => session.leave());
// Back from the back/forward cache: leave() has closed the client, so start afresh.
addEventListener('pageshow', ({ persisted }) => persisted && location.reload());

// Served by something else than demo/server.mjs, the form starts empty.
const config = await fetch('/config.json').catch(() => null);
fillAccount(config?.ok ? await config.json() : {});
draw();
setInterval(() => drawTime(session), 500);
