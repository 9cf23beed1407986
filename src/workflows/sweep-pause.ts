export const sweepPauseFirstMs = 500;
const mostMs = 30_000;
const longestMs = 3_600_000;
/** A batch's history may have 51,200 events; a sweep adds some twenty. */
const eventsPerDoubling = 4_000;

/** Grows from sweep to sweep to half a minute, and the longer the history, the further: days fit into it. */
export function nextSweepPauseMs(pauseMs: number, historyLength: number): number {
  const most = mostMs * 2 ** Math.floor(historyLength / eventsPerDoubling);
  return Math.min(longestMs, most, pauseMs * 1.2);
}
