/** One header field: its name and its value. Names that were read are in their long form and in lower case. */
export type HeaderRow = readonly [name: string, value: string];

/**
 * Why a request is not served, as the response that says so. Thrown while a request is read and judged, caught in one
 * place (registrar.ts), so that no malformed input can end anything but its own request.
 */
export class Refusal extends Error {
  readonly status: number;
  readonly rows: readonly HeaderRow[];

  constructor(status: number, reason: string, rows: readonly HeaderRow[] = []) {
    super(reason);
    this.name = 'Refusal';
    this.status = status;
    this.rows = rows;
  }
}

/** The request breaks SIP's grammar or a MUST: RFC 3261 §21.4.1. */
export function badRequest(reason: string): Refusal {
  return new Refusal(400, reason);
}
