/** What an exchange with a host may cost. Finite, all of them. */
export interface Limits {
  /** A whole look. */
  readonly lookTimeoutMs: number;
  /** One command that a look asks. */
  readonly readTimeoutMs: number;
  /** One command that a change runs, where the change does not say. */
  readonly runTimeoutMs: number;
  /** Of one file. */
  readonly fileBytes: number;
  /** Of one look, stdout and stderr together. */
  readonly exchangeBytes: number;
}

export const DEFAULT_LIMITS: Limits = {
  lookTimeoutMs: 60_000,
  readTimeoutMs: 10_000,
  runTimeoutMs: 300_000,
  fileBytes: 1 << 20,
  exchangeBytes: 64 << 20,
};
