import { codeFor } from './text/code.js';
import { timeOfDay } from './text/time.js';
import { drawAccounts } from './view/accounts.js';
import { drawBindings } from './view/bindings.js';
import { byId, setText } from './view/dom.js';
import { drawFaults } from './view/faults.js';
import { drawLadder } from './view/ladder.js';
import { drawProblem } from './view/problem.js';
import { drawAccount, drawConnection, drawTime } from './view/status.js';
import { drawTimelineTable } from './view/timeline-table.js';
import { drawTimeline } from './view/timeline.js';

/** What the page calls the server in use. */
export function serverName({ server }) {
  return server ? new URL(server).host : 'Registrar in this page';
}

/**
 * Draws the page: all of it when something has changed, and what moves by itself as time passes.
 *
 * @param {(account: object, uri: string) => void} onRemoveBinding
 */
export function createDrawing({ phone, clock, transcript, onRemoveBinding }) {
  let isDue = false;

  function drawChart(now) {
    drawTimeline(phone, now, Number(byId('span').value));
    drawTimelineTable(phone, serverName(phone));
  }

  function drawClock(now) {
    setText(byId('clock'), `${timeOfDay(now)}${clock.speed === 1 ? '' : ` ×${clock.speed}`}`);
  }

  function drawList(now) {
    drawAccounts(phone, now, (account) => phone.select(account));
  }

  function all() {
    const now = clock.now();
    const { selected } = phone;
    drawClock(now);
    drawConnection(phone.connectionState);
    drawList(now);
    drawAccount(selected, now);
    drawProblem(byId('problem'), selected?.problem ?? null);
    drawBindings(selected, (uri) => onRemoveBinding(selected, uri));
    drawFaults(phone, clock.speed);
    drawLadder(transcript.messages.length, serverName(phone));
    const values = phone.accounts.map((each) => each.values);
    setText(byId('code'), codeFor(phone.server ?? null, values));
    drawChart(now);
  }

  return {
    all,
    /** Draws everything once what happens now has happened. */
    soon() {
      if (isDue) return;
      isDue = true;
      queueMicrotask(() => {
        isDue = false;
        all();
      });
    },
    /** Draws what moves while nothing happens. */
    tick() {
      const now = clock.now();
      for (const account of phone.accounts) account.observe();
      drawClock(now);
      drawList(now);
      drawTime(phone.selected, now);
      drawChart(now);
    },
  };
}
