/**
 * What a command found, as lines for people and as records for programs.
 */
import type { Binding, RegistrationInfo } from '../index.js';
import { displayWidth, escapeControls, formatDuration, padEnd } from './text.js';

/** Local time of day; with the date where that is not today's. Takes milliseconds since the epoch. */
export function formatTime(at: number, now = Date.now()): string {
  const date = new Date(at);
  const two = (value: number) => String(value).padStart(2, '0');
  const time = [date.getHours(), date.getMinutes(), date.getSeconds()].map(two).join(':');
  if (date.toDateString() === new Date(now).toDateString()) return time;
  return `${date.getFullYear()}-${two(date.getMonth() + 1)}-${two(date.getDate())} ${time}`;
}

/** "600 s (10 min)", or "30 s" where the second says no more. */
function lifetime(seconds: number): string {
  return seconds < 60 ? `${seconds} s` : `${seconds} s (${formatDuration(seconds * 1000)})`;
}

/** Columns under their heads, as wide as the widest cell. */
function table(rows: readonly (readonly string[])[]): string {
  const widths = (rows[0] ?? []).map((_, column) =>
    Math.max(...rows.map((row) => displayWidth(row[column] ?? ''))),
  );
  return rows
    .map((row) =>
      `  ${row.map((cell, column) => padEnd(cell, widths[column] ?? 0)).join('  ')}`.trimEnd(),
    )
    .join('\n');
}

/** What query and unregister show; an empty list is a sentence. */
export function describeBindings(aor: string, bindings: readonly Binding[]): string {
  if (bindings.length === 0) return `${escapeControls(aor)} has no binding.`;
  const heads = ['contact', 'expires', 'q', 'reg-id', 'instance'];
  const rows = bindings.map(({ uri, expires, q, regId, instanceId }) =>
    [uri, expires === null ? '-' : `${expires} s`, q ?? '-', regId ?? '-', instanceId ?? '-'].map(
      (cell) => escapeControls(String(cell)),
    ),
  );
  const count = bindings.length === 1 ? '1 binding' : `${bindings.length} bindings`;
  return `${escapeControls(aor)} has ${count}:\n${table([heads, ...rows])}`;
}

function describeAuth({ auth }: RegistrationInfo): string | undefined {
  if (!auth) return undefined;
  const realm = auth.realm === undefined ? '' : `, realm "${auth.realm}"`;
  const mutual = auth.mutual ? ', the server proved that it knows the password too' : '';
  return `${auth.scheme} ${auth.algorithm ?? ''}`.trimEnd() + realm + mutual;
}

/** What the registrar granted. */
export function describeRegistration(aor: string, info: RegistrationInfo): string {
  const others = info.bindings.filter((binding) => !binding.own).length;
  const facts: readonly (readonly [string, string | undefined])[] = [
    ['lifetime', `${lifetime(info.expires)}, until ${formatTime(info.expiresAt)}`],
    ['contact', info.contact],
    [
      'bindings',
      others === 0
        ? 'only this one'
        : `${info.bindings.length}, ${others} of them of other devices`,
    ],
    ['GRUU', info.pubGruu],
    ['temporary GRUU', info.tempGruu],
    ['service route', info.serviceRoute.length > 0 ? info.serviceRoute.join(', ') : undefined],
    ['outbound', info.outbound ? 'confirmed by the registrar (RFC 5626)' : undefined],
    ['authentication', describeAuth(info) ?? 'none was asked for'],
  ];
  const lines = facts.flatMap(([name, value]) =>
    value === undefined ? [] : [`  ${name.padEnd(16)}${escapeControls(value)}`],
  );
  return [`Registered ${escapeControls(aor)}`, ...lines].join('\n');
}

/** The same for programs: everything but the raw response. */
export function registrationRecord(aor: string, info: RegistrationInfo): object {
  const { response, ...granted } = info;
  return { aor, ...granted, status: response.status };
}

/** An error for programs: a RegistrationError's facts, or no more than the message. */
export function errorRecord(error: Error): object {
  const facts = [
    'code',
    'option',
    'status',
    'reason',
    'retryAfter',
    'retryable',
    'retryAt',
  ] as const;
  const known = facts.flatMap((name) => {
    const value: unknown = Object.entries(error).find(([key]) => key === name)?.[1];
    return value === undefined ? [] : [[name, value] as const];
  });
  return { ...Object.fromEntries(known), message: error.message };
}
