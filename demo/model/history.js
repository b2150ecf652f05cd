/** Older entries of a history go when there are more. */
const most = 300;

function keep(list, entry) {
  list.push(entry);
  if (list.length > most) list.shift();
}

/**
 * What happened over time, for the time line. All times are milliseconds since the epoch; `to` is null while it lasts.
 *
 * - bands: which state it was in
 * - grants: lifetimes, until when the registrar would keep the binding
 * - waits: for the next attempt, which is due `at`
 * - marks: moments, with a kind and words
 */
export class History {
  bands = [];
  grants = [];
  waits = [];
  marks = [];

  /** Since when there is something to show; null: not yet. */
  get start() {
    const firsts = [this.bands[0]?.from, this.marks[0]?.at].filter((each) => each !== undefined);
    return firsts.length === 0 ? null : Math.min(...firsts);
  }

  enter(state, now) {
    const last = this.bands.at(-1);
    if (last?.state === state && last.to === null) return;
    if (last && last.to === null) last.to = now;
    keep(this.bands, { state, from: now, to: null });
  }

  /** A lifetime begins; the one before it ends there. */
  grant(from, until) {
    this.endGrant(from);
    keep(this.grants, { from, until, to: null });
  }

  endGrant(now) {
    const last = this.grants.at(-1);
    if (last && last.to === null) last.to = Math.min(now, last.until);
  }

  /** The next attempt is due `at`. */
  wait(at, now) {
    const last = this.waits.at(-1);
    if (last?.to === null && last.at === at) return;
    this.endWait(now);
    keep(this.waits, { from: now, at, to: null });
  }

  endWait(now) {
    const last = this.waits.at(-1);
    if (last && last.to === null) last.to = Math.min(now, last.at);
  }

  mark(kind, text, now) {
    keep(this.marks, { at: now, kind, text });
  }
}
