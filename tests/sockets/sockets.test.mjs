// Real sockets on loopback, on every Node there is: `ws` on Node 20, the global WebSocket from Node 22 on.
import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { after, before, describe, test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { nodes } from '../../scripts/nodes/index.mjs';
import { cases } from './cases.mjs';
import { Servers } from './servers.mjs';

const program = fileURLToPath(new URL('client.mjs', import.meta.url));

for (const [version, node] of nodes) {
  describe(`Node ${version}`, () => {
    const servers = new Servers();
    let report;

    before(async () => {
      const orders = [];
      for (const { server, ...order } of cases)
        orders.push({ ...order, url: await server(servers) });
      const { stdout } = await promisify(execFile)(node, [program, JSON.stringify(orders)], {
        timeout: 60_000,
        maxBuffer: 2 ** 24,
      });
      report = JSON.parse(stdout);
    });

    after(() => servers.stop());

    for (const wanted of cases) {
      test(wanted.name, () => {
        checkCase(
          wanted,
          report.outcomes.find(({ name }) => name === wanted.name),
        );
      });
    }

    test('nothing is thrown', () => assert.deepEqual(report.uncaught, []));

    // Only ws can be told the longest message; a global WebSocket unpacks it all.
    if (parseInt(version) < 22) {
      test('fault 24 memory is bounded', () => assert.ok(report.memory < 100_000_000));
    }
  });
}

function checkCase(wanted, outcome) {
  const { code, message, state, stats, closeCodes } = outcome;
  const about = JSON.stringify(outcome);
  const codes = wanted.ends?.code ?? [undefined];
  assert.ok(codes.includes(code), about);
  if (wanted.ends?.says) assert.match(message, wanted.ends.says);
  if (code === 'transport') assert.match(message, /wss?:/, 'it says which server');
  if (code === 'transport' || code === 'timeout') {
    assert.equal(outcome.retryable, true, about);
    assert.match(outcome.failedState, /^(waiting|connecting)$/, about);
  }
  if (wanted.do === 'recover' || wanted.do === 'refresh') assert.equal(state, 'registered', about);
  assert.ok(outcome.flows >= (wanted.flows ?? 0), about);
  if (wanted.state) assert.equal(state, wanted.state, about);
  if (wanted.do === 'refresh') assert.equal(outcome.refreshed, null, about);
  if (wanted.refreshMs) assert.ok(outcome.refreshMs < wanted.refreshMs, about);
  if (wanted.told) assert.ok(closeCodes.includes(wanted.told), about);
  if (wanted.connects) assert.equal(stats.connects, wanted.connects, about);
  if (wanted.atMost) assert.ok(outcome.flows <= wanted.atMost, about);
  if (wanted.warning) assert.ok(outcome.warnings.includes(wanted.warning), about);
  if (wanted.dropped !== undefined) assert.equal(stats.dropped, wanted.dropped, about);
  assert.ok(stats.registers <= 10, about);
  // Five seconds for a socket that does not close.
  assert.ok(outcome.closeMs < 6_000, about);
  assert.equal(outcome.timersLeft, 0, about);
  assert.equal(outcome.ended, 'removed', about);
  assert.ok(!about.includes('marker-7493016528'), about);
}
