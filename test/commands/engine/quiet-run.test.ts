import { describe, expect, it } from 'vitest';
import { QuietRun } from '../../../src/commands/engine/quiet-run.ts';
import { shownWaits } from '../../../src/commands/text/waits.ts';
import type { BatchStatus, Wait } from '../../../src/ledger/port.ts';

const account = 'acme@https://api.example.test';
const status = {
  row: { state: 'running' },
  steps: [],
  blocks: [],
  stops: [],
  raisedPrices: [],
  accounts: [],
} as unknown as BatchStatus;
const minute = 60_000;
const lost: Wait = { kind: 'answer', account, count: 2, since: 0, last: minute, why: 'reset' };
const timeouts = { postMs: minute, imageJobMs: 30 * minute, trainingMs: 90 * minute };
const waits = shownWaits([lost], new Map([['acme', { key: account, timeouts }]]));

describe('a run in which nothing changes', () => {
  it('says what it waits for after a while, once, and again after a change', () => {
    const said: string[] = [];
    let now = 0;
    const quiet = new QuietRun(
      (line) => said.push(line),
      { keyVariableOf: () => undefined },
      () => now,
    );
    quiet.look(false, status, waits);
    expect(said).toEqual([]);
    now += 15_000;
    quiet.look(false, status, waits);
    quiet.look(false, status, waits);
    expect(said).toEqual([expect.stringContaining('2 requests at acme without an answer')]);
    now += 15_000;
    quiet.look(true, status, waits);
    expect(said).toHaveLength(1);
    now += 15_000;
    quiet.look(false, status, waits);
    expect(said).toHaveLength(2);
  });

  it('says until when', () => {
    expect(waits).toMatchObject([{ until: 11 * minute }]);
  });
});
