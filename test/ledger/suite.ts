import { describe } from 'vitest';
import type { Ledger } from '../../src/ledger/port.ts';
import { billSuite } from './suite/bills.ts';
import { claimSuite } from './suite/claim.ts';
import { clockSuite } from './suite/clock.ts';
import { gapSuite } from './suite/gaps.ts';
import { keySuite } from './suite/keys.ts';
import { learnedSuite } from './suite/learned.ts';
import { collectSuite } from './suite/collect.ts';
import { knownThingsSuite } from './suite/known-things.ts';
import { lostBytesSuite } from './suite/lost-bytes.ts';
import { outputSuite } from './suite/outputs.ts';
import { numberSuite } from './suite/numbers.ts';
import { planSuite } from './suite/plans.ts';
import { propertySuite } from './suite/property.ts';
import { resolveSuite } from './suite/resolve.ts';
import { refusalSuite } from './suite/refusals.ts';
import { refundSuite } from './suite/refunds.ts';
import { reportSuite } from './suite/reports.ts';
import { transitionSuite } from './suite/transitions.ts';
import { uploadSuite } from './suite/uploads.ts';

export interface OpenLedger {
  readonly ledger: Ledger;
  reopen(): Promise<Ledger>;
  close(): Promise<void>;
}
export type Open = (options: { now?: () => number }) => Promise<OpenLedger>;

/** What every database behind the ledger must hold. */
export function ledgerSuite(open: Open): void {
  describe('claim', () => claimSuite(open));
  describe('transitions', () => transitionSuite(open));
  describe('a person', () => resolveSuite(open));
  describe('collecting', () => collectSuite(open));
  describe('lost bytes', () => lostBytesSuite(open));
  describe('files', () => outputSuite(open));
  describe('plans', () => planSuite(open));
  describe('learned', () => learnedSuite(open));
  describe('what lies at the vendor', () => knownThingsSuite(open));
  describe('uploads that may be gone', () => uploadSuite(open));
  describe('a clock that is set back', () => clockSuite(open));
  describe('keys', () => keySuite(open));
  describe('bills', () => billSuite(open));
  describe('a number', () => numberSuite(open));
  describe('a refusal', () => refusalSuite(open));
  describe('promised refunds', () => refundSuite(open));
  describe('gaps', () => gapSuite(open));
  describe('reports', () => reportSuite(open));
  describe('any sequence of events', () => propertySuite(open));
}
