export const replanPauseFirstMs = 500;
const mostMs = 30_000;
const longestMs = 3_600_000;
/** A batch's history may have 51,200 events; a planning pass adds about twenty. */
const eventsPerDoubling = 4_000;

/**
 * Grows with each pass up to half a minute, and further with the length of the history, so that it
 * lasts for days.
 */
export function nextReplanPauseMs(pauseMs: number, historyLength: number): number {
  const most = mostMs * 2 ** Math.floor(historyLength / eventsPerDoubling);
  return Math.min(longestMs, most, pauseMs * 1.2);
}
