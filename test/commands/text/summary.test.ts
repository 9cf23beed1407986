import { describe, expect, it } from 'vitest';
import { formatSummary, statusJson } from '../../../src/commands/text/summary.ts';
import type { BatchStatus } from '../../../src/ledger/port.ts';

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

  const held = (reason: BatchStatus['holds'][number]['reason'], counts: object): string => {
    const none = {
      total: 1,
      succeeded: 0,
      cached: 0,
      failed: 0,
      parked: 0,
      running: 0,
      partial: 0,
    };
    const account = 'acme@https://acme.test';
    return formatSummary(
      {
        ...status,
        row: { ...status.row, state: 'running' },
        steps: [{ step: 'draw', outputs: 0, waiting: 0, ...none, ...counts }],
        holds: [{ account, model: null, reason, until: null }],
        stops: reason === 'limited' ? [] : [{ kind: 'hold', account, hold: reason }],
      },
      'out',
      [],
    );
  };

  it('says once what holds an account, and what to do when it is mended', () => {
    const text = held('badKey', { waiting: 1 });
    expect(text.match(/refuses the key/g)).toHaveLength(1);
    expect(text).toContain('shotlist resume fox');
  });

  it('asks nobody to resume what goes on by itself', () => {
    const text = held('limited', { waiting: 1 });
    expect(text).toContain('rate limited by the vendor; goes on by itself');
    expect(text).not.toContain('resume');
  });

  it('names a hold that nothing waits for only where a person ends it', () => {
    expect(held('unreachable', { succeeded: 1 })).not.toContain('held');
    expect(held('overBilled', { succeeded: 1 })).toContain(
      'held: acme, a bill was above its price',
    );
  });
});
