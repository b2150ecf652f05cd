// API-05: every pair of calls in every state. What each cell has to come to stands in call-pairs.md, and besides, in
// every cell: both calls settle, one REGISTER is in flight at a time, and what was asked for last is what there is.
import { readFileSync, writeFileSync } from 'node:fs';
import { reply } from '../../dist/testing.js';
import { accept, alice, challenge, createWorld, header, turn } from './world.mjs';

const tableFile = new URL('call-pairs.md', import.meta.url);
const otherContact = 'sip:other@192.0.2.9';

/** A registration and the call that brought it where it is. */
class Life {
  /** Of the call that was made last. */
  controller = new AbortController();
  answered = 0;
  letters = '';
  #contact = null;

  constructor(world, options = {}) {
    this.world = world;
    this.registration = world.client.createRegistration({ ...alice, ...options });
  }

  call(name, options) {
    this.controller = new AbortController();
    return this.registration[name]({ signal: this.controller.signal, ...options });
  }

  /** A call that only leads to a state; how it ends is not looked at. */
  begin(name) {
    this.call(name).catch(() => undefined);
  }

  get requests() {
    return this.world.sockets.flatMap((socket) => socket.sent);
  }

  /** Answers the REGISTER in flight. */
  answer(make) {
    const request = this.requests[this.answered];
    this.answered += 1;
    this.world.socket.receive(make(request));
  }

  /** As a registrar with one binding and that of another device, which is asked for by now. */
  answerAll() {
    const inFlight = this.requests.length - this.answered;
    expect(inFlight).toBeLessThanOrEqual(1);
    if (inFlight === 0) return;
    const request = this.requests[this.answered];
    const contact = header(request, 'Contact');
    const removes = header(request, 'Expires') === '0';
    if (contact === undefined) this.letters += 'Q';
    else if (contact === '*') this.letters += 'A';
    else if (contact.includes(otherContact)) this.letters += 'O';
    else this.letters += removes ? 'U' : 'R';
    if (contact === '*' || (removes && !contact.includes(otherContact))) this.#contact = null;
    else if (contact !== undefined && !removes) this.#contact = contact;
    const others = contact === '*' || removes ? [] : [`<${otherContact}>;expires=60`];
    const all = [...(this.#contact === null ? [] : [this.#contact]), ...others];
    this.answer((frame) =>
      reply(frame, 200, 'OK', all.length > 0 ? { Contact: all.join(', ') } : {}),
    );
  }

  get isBoundThere() {
    return this.#contact !== null;
  }

  /** What happened before is in the registrar's table. */
  remember() {
    if (!this.registration.bound) return;
    const registers = this.requests.filter((each) => header(each, 'Expires') !== '0');
    this.#contact = header(registers[0], 'Contact');
  }
}

function start(life, name = 'register') {
  life.begin(name);
  const { socket } = life.world;
  if (socket?.readyState === 0) socket.open();
}

function registered(life) {
  start(life);
  life.answer(challenge);
  life.answer(accept);
}

const answerWith = (status, headers) => (frame) => reply(frame, status, 'No', headers);

/** Each begins with a registration that nothing was done with. */
const states = {
  unregistered() {},
  connecting(life) {
    life.begin('register');
  },
  registering: (life) => start(life),
  challenged(life) {
    start(life);
    life.answer(challenge);
  },
  registered,
  refreshing(life) {
    registered(life);
    life.begin('refresh');
  },
  querying(life) {
    registered(life);
    life.begin('query');
  },
  unregistering(life) {
    registered(life);
    life.begin('unregister');
  },
  waiting(life) {
    start(life);
    life.answer(answerWith(500));
  },
  'waiting, bound'(life) {
    registered(life);
    life.begin('refresh');
    life.answer(answerWith(500));
  },
  'waiting for a Retry-After'(life) {
    start(life);
    life.answer(answerWith(503, { 'Retry-After': '60' }));
  },
  'flow lost'(life) {
    registered(life);
    life.world.socket.finish(1006);
  },
  failed(life) {
    start(life);
    life.answer(answerWith(403));
  },
  'failed, bound'(life) {
    registered(life);
    life.registration.update({ retry: false });
    life.begin('refresh');
    life.answer(answerWith(500));
  },
  removed(life) {
    registered(life);
    life.registration.remove();
  },
};

const calls = {
  register: (life) => life.call('register'),
  refresh: (life) => life.call('refresh'),
  unregister: (life) => life.call('unregister'),
  all: (life) => life.call('unregister', { all: true }),
  force: (life) => life.call('unregister', { force: true }),
  query: (life) => life.call('query'),
  removeBinding: (life) =>
    life.registration.removeBinding(otherContact, {
      signal: (life.controller = new AbortController()).signal,
    }),
  whenRegistered: (life) => life.call('whenRegistered'),
  update: async (life) => life.registration.update({ displayName: 'Alice' }),
  setCredentials: async (life) => life.registration.setCredentials({ password: 'another' }),
  remove: async (life) => life.registration.remove(),
  abort: async (life) => life.controller.abort(),
};

const asksForBinding = new Set(['register', 'refresh']);
const asksForNone = new Set(['unregister', 'all', 'force']);

/** What a promise came to: "ok", the code of its error, or "pending". */
function watch(promise) {
  const seen = { outcome: 'pending' };
  promise.then(
    () => (seen.outcome = 'ok'),
    (error) => (seen.outcome = error.name === 'AbortError' ? 'aborted' : error.code),
  );
  return seen;
}

async function play(state, first, second) {
  let giveCredentials;
  const world = await createWorld({ keepAlive: false });
  const credentials =
    state === 'challenged'
      ? () => new Promise((resolve) => (giveCredentials = () => resolve({ password: 'secret' })))
      : alice.credentials;
  const life = new Life(world, { credentials });
  states[state](life);
  await turn();
  life.remember();
  const outcomes = [watch(calls[first](life)), watch(calls[second](life))];
  // The world turns kind: sockets open, credentials come, the registrar answers.
  for (let round = 0; round < 20; round += 1) {
    if (world.socket?.readyState === 0) world.socket.open();
    giveCredentials?.();
    await turn();
    life.answerAll();
    await world.clock.advance(round < 8 ? 1_000 : 10_000);
  }
  const results = outcomes.map((each) => each.outcome);
  const { state: end, bound } = life.registration;
  world.client.close();
  return { cell: [...results, life.letters || '-', end].join(' '), results, bound, life };
}

/** The cells of call-pairs.md by state, first and second call. */
function readTable(text) {
  const cells = new Map();
  let state;
  let columns;
  for (const line of text.split('\n')) {
    if (line.startsWith('## ')) [state, columns] = [line.slice(3), undefined];
    if (!line.startsWith('| ')) continue;
    const [name, ...row] = line
      .slice(1, -1)
      .split('|')
      .map((each) => each.trim());
    if (columns === undefined) columns = row;
    else if (!name.startsWith('-')) {
      row.forEach((cell, i) => cells.set(`${state}/${name}/${columns[i]}`, cell));
    }
  }
  return cells;
}

const names = Object.keys(calls);

if (process.env.SIPREG_WRITE_CALL_PAIRS) {
  test('the table is written', async () => {
    const head = readFileSync(tableFile, 'utf8').split('\n## ')[0];
    const parts = [head.trimEnd()];
    for (const state of Object.keys(states)) {
      const rows = [
        ['first', ...names],
        ['---', ...names.map(() => '---')],
      ];
      for (const first of names) {
        const row = [first];
        for (const second of names) row.push((await play(state, first, second)).cell);
        rows.push(row);
      }
      parts.push(`## ${state}`, rows.map((row) => `| ${row.join(' | ')} |`).join('\n'));
    }
    writeFileSync(tableFile, `${parts.join('\n\n')}\n`);
  });
} else {
  const table = readTable(readFileSync(tableFile, 'utf8'));

  test('API-05 the table has a cell for every pair in every state, and no others', () => {
    const all = Object.keys(states).flatMap((state) =>
      names.flatMap((first) => names.map((second) => `${state}/${first}/${second}`)),
    );
    expect([...table.keys()].sort()).toEqual(all.sort());
  });

  const ends = (state, name) => state === 'removed' || name === 'remove';

  /** Of the last call that wants a binding or none: what there is in the end. */
  function checkBinding([first, second], { bound, life }) {
    const last = [second, first].find((name) => asksForBinding.has(name) || asksForNone.has(name));
    if (last === undefined) return;
    expect({ second, bound }).toEqual({ second, bound: asksForBinding.has(last) });
    // Without a socket a binding is left to expire (UNR-07).
    if (bound || /[UA]/.test(life.letters)) {
      expect({ second, bound: life.isBoundThere }).toEqual({ second, bound });
    }
  }

  describe.each(Object.keys(states))('%s', (state) => {
    test.each(names)('API-05 %s, and whatever comes after it', async (first) => {
      for (const second of names) {
        const end = await play(state, first, second);
        const expected = table.get(`${state}/${first}/${second}`);
        expect({ second, cell: end.cell }).toEqual({ second, cell: expected });
        [first, second].forEach((name, i) => {
          // It waits for as long as nobody registers.
          if (name === 'whenRegistered') return;
          expect({ second, result: end.results[i] }).not.toEqual({ second, result: 'pending' });
        });
        if (![first, second].some((name) => ends(state, name))) {
          checkBinding([first, second], end);
        }
      }
    });
  });
}
