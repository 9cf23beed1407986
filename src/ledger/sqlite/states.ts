import {
  endedWithFiles,
  exclusiveStates,
  liveStates,
  pendingStates,
  unfinishedShotStates,
  waitingShotStates,
} from '../rules/transitions.ts';

/** `('claimed', 'submitted')`; of constants only. */
const sqlList = (states: readonly string[]): string =>
  `(${states.map((state) => `'${state}'`).join(', ')})`;

/** Sets of states as SQL, for `state in ...`. */
export const states = {
  live: sqlList(liveStates),
  pending: sqlList(pendingStates),
  exclusive: sqlList(exclusiveStates),
  /** All but `rejected`. */
  mayBeSent: sqlList([...exclusiveStates, 'failed', 'lost']),
  withFiles: sqlList(endedWithFiles),
  unfinishedShots: sqlList(unfinishedShotStates),
  /** As the index `shot_wanted` writes it. */
  waitingShots: sqlList(waitingShotStates),
} as const;
