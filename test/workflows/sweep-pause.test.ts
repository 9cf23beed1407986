import { describe, expect, it } from 'vitest';
import { nextSweepPauseMs, sweepPauseFirstMs } from '../../src/workflows/sweep-pause.ts';

const eventsPerSweep = 20;
const day = 24 * 3_600_000;

describe('the pause between two sweeps', () => {
  it('lets a batch that runs for a week fit into the history that a server allows', () => {
    let pauseMs = sweepPauseFirstMs;
    let events = 0;
    for (let at = 0; at < 7 * day; at += pauseMs) {
      events += eventsPerSweep;
      pauseMs = nextSweepPauseMs(pauseMs, events);
    }
    expect(events).toBeLessThan(40_000);
  });

  it('stays below half a minute for as long as the history is short', () => {
    let pauseMs = sweepPauseFirstMs;
    for (let sweep = 0; sweep < 100; sweep++) pauseMs = nextSweepPauseMs(pauseMs, sweep * 20);
    expect(pauseMs).toBe(30_000);
  });
});
