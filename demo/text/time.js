const clock = new Intl.DateTimeFormat(undefined, {
  hour: '2-digit',
  minute: '2-digit',
  second: '2-digit',
  hourCycle: 'h23',
});

/** A point in time, ms since the epoch, as 14:05:09. */
export function timeOfDay(at) {
  return clock.format(at);
}

/** The time from now until `at`, never below zero, as 9:05 or 1:00:00. */
export function countdown(at, now) {
  const seconds = Math.max(0, Math.ceil((at - now) / 1000));
  const two = (part) => String(part).padStart(2, '0');
  const hours = Math.floor(seconds / 3600);
  const minutes = Math.floor(seconds / 60) % 60;
  return hours > 0
    ? `${hours}:${two(minutes)}:${two(seconds % 60)}`
    : `${minutes}:${two(seconds % 60)}`;
}

/** How long something takes, as 20 s, 3 min 5 s or 1 h 2 min. */
export function duration(ms) {
  const seconds = Math.round(ms / 1000);
  const parts = [
    [Math.floor(seconds / 3600), 'h'],
    [Math.floor(seconds / 60) % 60, 'min'],
    [seconds % 60, 's'],
  ].filter(([count]) => count > 0);
  return parts.length === 0 ? '0 s' : parts.slice(0, 2).flat().join(' ');
}
