import { describe, expect, it } from 'vitest';
import { formatSummary, statusJson } from '../../src/commands/summary.ts';
import type { BatchStatus } from '../../src/ledger/port.ts';

const status: BatchStatus = {
  row: {
    batch: 'fox',
    run: 1,
    state: 'finished',
    frozen: '',
    unknownPrices: false,
    ownerPath: '/project/fox.yaml',
    policy: { retries: 1, paidRetries: 0, maxFailures: null, onAmbiguous: 'park' },
    steps: [],
    startedAt: 0,
    endedAt: 1,
  },
  steps: [],
  accounts: [
    {
      account: 'acme@https://acme.test',
      unit: 'credits',
      planned: 30_000,
      reserved: 0,
      spent: 20_000,
      refunded: 0,
      promised: 5_000,
      lost: 0,
      unproven: 0,
      ambiguous: 0,
      cap: null,
    },
  ],
  holds: [],
  stops: [],
  isStopped: false,
};

describe('the summary of a batch', () => {
  it('tells what a vendor has promised to give back', () => {
    expect(formatSummary(status, 'out', [])).toContain(
      'Spent 20 credits at acme, 5 credits of it promised back.',
    );
    expect(statusJson(status, 'out')).toMatchObject({
      spent: [{ account: 'acme', unit: 'credits', amount: '20', promised: '5' }],
    });
  });
});
