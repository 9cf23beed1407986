import { describe, expect, it } from 'vitest';
import { nextReplanPauseMs, replanPauseFirstMs } from '../../src/workflows/replan-pause.ts';

const eventsPerPass = 20;
const day = 24 * 3_600_000;

describe('the pause between two planning passes', () => {
  it('lets a batch that runs for a week fit into the history that a server allows', () => {
    let pauseMs = replanPauseFirstMs;
    let events = 0;
    for (let at = 0; at < 7 * day; at += pauseMs) {
      events += eventsPerPass;
      pauseMs = nextReplanPauseMs(pauseMs, events);
    }
    expect(events).toBeLessThan(40_000);
  });

  it('stays below half a minute for as long as the history is short', () => {
    let pauseMs = replanPauseFirstMs;
    for (let pass = 0; pass < 100; pass++) pauseMs = nextReplanPauseMs(pauseMs, pass * 20);
    expect(pauseMs).toBe(30_000);
  });
});
