const head = ['', 'sipreg', 'JsSIP', 'ratio', 'SIP.js', 'ratio', 'must', ''];
const notes = [
  'CPU: of the process, all threads, per operation; the scripted registrar is measured alone and subtracted.',
  'registration: REGISTER, 401, REGISTER with digest MD5, 200. refresh: one call on a held registration; JsSIP needs',
  'two round trips, SIP.js sends its old credentials again (a registrar that checks nonce counts would refuse them).',
  'First operations: the median of several new processes, as an app meets them. Warm: the median of rounds after warm-up.',
  'Building its objects: one more registration in the one client of sipreg; a user agent with a socket of its own in',
  'the peers, where an account needs that. With a client of its own: sipreg makes a client for each registration too.',
];

/** Prints the report for people. */
export function print({ host, versions, rows }) {
  const names = `sipreg ${versions.sipreg}, JsSIP ${versions.jssip}, SIP.js ${versions.sipjs}`;
  console.log(`${names}; Node ${host.node.slice(1)}, V8 ${host.v8}, ${host.cores} × ${host.cpu}\n`);
  lines([head, ...rows.map(cells)]);
  console.log('\nBefore subtraction (µs), the registrar alone (µs) and round trips:\n');
  lines([
    ['', 'sipreg', 'JsSIP', 'SIP.js'],
    ...rows
      .filter(({ raw }) => raw)
      .map(({ what, raw, registrar, roundTrips }) => [
        what,
        ...Object.keys(raw).map(
          (name) => `${number(raw[name])} − ${number(registrar[name])}, ${roundTrips[name]}`,
        ),
      ]),
  ]);
  console.log(`\n${notes.join('\n')}`);
}

function cells({ what, unit, values: { sipreg, jssip, sipjs }, must = '', met }) {
  const peer = (value) =>
    value === undefined ? ['', ''] : [`${number(value)} ${unit}`, `${number(value / sipreg)} ×`];
  const verdict = met === undefined ? '' : met ? 'met' : 'NOT MET';
  return [what, `${number(sipreg)} ${unit}`, ...peer(jssip), ...peer(sipjs), must, verdict];
}

function number(value) {
  return value >= 100 ? value.toFixed(0) : value.toPrecision(value >= 1 ? 3 : 2);
}

function lines(rows) {
  const widths = rows[0].map((_, i) => Math.max(...rows.map((row) => row[i].length)));
  for (const row of rows) {
    const [first, ...others] = row;
    console.log(
      [first.padEnd(widths[0]), ...others.map((cell, i) => cell.padStart(widths[i + 1]))]
        .join('  ')
        .trimEnd(),
    );
  }
}
