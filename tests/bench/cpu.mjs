/** The CPU time of this process since `start`, all its threads, in µs. */
export function spentUs(start) {
  const { user, system } = process.cpuUsage(start);
  return user + system;
}
