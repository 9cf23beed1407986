import type { Timeouts } from './port.ts';

/** Where a vendor documents nothing else; docs/ledger.md says what follows when one has passed. */
export const usualTimeouts: Timeouts = {
  postMs: 60_000,
  imageJobMs: 30 * 60_000,
  videoJobMs: 2 * 3_600_000,
  trainingMs: 90 * 60_000,
  pollFirstMs: 1_000,
  pollMs: 5_000,
  trainingPollMs: 5 * 60_000,
  listLagMs: 10_000,
};
