// The rows of the table. `values` are what must be finite and positive; `must` is the budget and `met` whether it is kept.

const times = 100; // how much cheaper than a peer an operation must be

/** Everything measured, as the rows in which it is printed. */
export function rows({ figures, sizes, core, plan }) {
  const libraries = Object.keys(figures);
  const each = (value) => Object.fromEntries(libraries.map((name) => [name, value(figures[name])]));

  const cpu = (what, task, peers) => {
    const values = each((figure) => figure[task].cpuUs);
    return {
      what,
      unit: 'µs',
      values,
      raw: each((figure) => figure[task].totalUs),
      registrar: each((figure) => figure[task].registrarUs),
      roundTrips: each((figure) => figure[task].roundTrips),
      must: `${times} × less than ${peers.length === 1 ? 'JsSIP' : 'both'}`,
      met: peers.every((peer) => values[peer] >= times * values.sipreg),
    };
  };

  const bytes = each(({ memory }) => memory.heapBytes + memory.externalBytes);
  const { scale } = figures.sipreg;
  const single = scale[0].cpuUs;

  return [
    cpu(`registration, mean of the first ${plan.first} of a process`, 'firstExchange', ['jssip']),
    cpu(`refresh, mean of the first ${plan.first} of a process`, 'firstRefresh', [
      'jssip',
      'sipjs',
    ]),
    cpu('registration, warm', 'exchange', ['jssip']),
    cpu('registration and building its objects, warm', 'account', ['jssip']),
    cpu('refresh, warm', 'refresh', ['jssip', 'sipjs']),
    {
      what: 'registration with a client of its own, warm',
      unit: 'µs',
      values: {
        sipreg: figures.sipreg.alone.cpuUs,
        jssip: figures.jssip.account.cpuUs,
        sipjs: figures.sipjs.account.cpuUs,
      },
    },
    {
      what: `memory per registration, ${plan.memory} held`,
      unit: 'B',
      values: bytes,
      must: '≤ 3 000 B',
      met: bytes.sipreg <= 3000,
    },
    {
      what: 'register-only app, brotli, WebAssembly inline',
      unit: 'B',
      values: { sipreg: sizes.sipregInline, jssip: sizes.jssip, sipjs: sizes.sipjs },
      must: '< 46 000 B',
      met: sizes.sipregInline < 46_000,
    },
    {
      what: 'register-only app, brotli, WebAssembly beside it',
      unit: 'B',
      values: { sipreg: sizes.sipregExternal, jssip: sizes.jssip, sipjs: sizes.sipjs },
      must: '< 40 000 B',
      met: sizes.sipregExternal < 40_000,
    },
    ...scale.slice(1).map(({ held, cpuUs }) => ({
      what: `refresh while ${held} are held, against 1`,
      unit: '×',
      values: { sipreg: cpuUs / single },
      must: '≤ 1.5 ×',
      met: cpuUs <= 1.5 * single,
    })),
    ...(core === null ? [] : [coreRow(core, 'registration'), coreRow(core, 'refresh')]),
  ];
}

function coreRow({ native, wasm }, operation) {
  const [nativeUs, wasmUs] = [native, wasm].map((run) => run[`${operation}Ns`] / 1e3);
  return {
    what: `core, ${operation}: WebAssembly ${wasmUs.toFixed(1)} µs, native ${nativeUs.toFixed(1)} µs`,
    unit: '×',
    values: { sipreg: wasmUs / nativeUs },
    must: '≤ 3 ×',
    met: wasmUs <= 3 * nativeUs,
  };
}
