import { describe } from 'vitest';
import type { Ledger } from '../../src/ledger/port.ts';
import { transitionSuite } from './suite/transitions.ts';

export interface OpenLedger {
  readonly ledger: Ledger;
  reopen(): Promise<Ledger>;
  close(): Promise<void>;
}
export type Open = (options: { now?: () => number }) => Promise<OpenLedger>;

/** What every database behind the ledger must hold. */
export function ledgerSuite(open: Open): void {
  describe('transitions', () => transitionSuite(open));
}
