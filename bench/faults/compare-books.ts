import type { Crew } from './crew.ts';
import { answersDropped, cutOff, notEnded } from './compare/answers.ts';
import { type Evidence, gather } from './compare/evidence.ts';
import { lostOutputs, mixedUp, vendorsOwn } from './compare/files.ts';
import { moneyDiffers, overrunsIn, receiptDiffers, trainingsReleased } from './compare/money.ts';
import { duplicatesIn, trainedTwice } from './compare/paid-twice.ts';
import { couldBeTold, parkedByReason, refusedAndParked } from './compare/parked.ts';

/** What the simulator's book, the ledger, the files and the receipt say of each other. */
export interface Books {
  readonly shots: number;
  readonly done: number;
  readonly failed: number;
  readonly parked: number;
  /** Parked shots by what could not be told. */
  readonly parkedFor: Readonly<Record<string, number>>;
  /** Parked shots of which the vendor's list would have told. */
  readonly parkedInVain: number;
  readonly accepted: number;
  /** Of these, what gateways sent a second time. */
  readonly repeats: number;
  /** Files that their vendor never gave whole, and such as it did not show. */
  readonly damaged: number;
  readonly withheld: number;
  /** Requests, trainings among them, that were accepted again although the first job had not failed. */
  readonly duplicates: number;
  /** Paid outputs that are on no disk, and answers that are in no row, and nobody is told. */
  readonly lost: number;
  /** Accounts that were charged more than was accepted or capped. */
  readonly overruns: number;
  /** Promises that were not kept, in words. */
  readonly broken: readonly string[];
}

/** `befallen`: what befell the processes, by name. */
export async function compareBooks(
  crew: Crew,
  befallen: Readonly<Record<string, number>>,
): Promise<Books> {
  const evidence = await gather(crew, befallen);
  const { scenario, ledger, book, repeats } = evidence;
  const duplicates =
    scenario.onAmbiguous === 'resubmit'
      ? trainedTwice(evidence)
      : [...duplicatesIn(evidence), ...trainedTwice(evidence)];
  // A ledger of an earlier time knows nothing of what came after it, except from the vendors.
  const isOld = 'an older ledger is put back' in evidence.befallen;
  const lost = isOld
    ? []
    : [...lostOutputs(evidence), ...cutOff(evidence), ...answersDropped(evidence)];
  const overruns = overrunsIn(evidence);
  const inVain = [...couldBeTold(evidence), ...refusedAndParked(evidence)];
  const state = (wanted: string): number =>
    ledger.shots.filter((shot) => shot.state === wanted).length;
  return {
    shots: ledger.shots.length,
    done: state('done'),
    failed: state('failed'),
    parked: state('parked'),
    parkedFor: parkedByReason(evidence),
    parkedInVain: inVain.length,
    accepted: book.accepted.length,
    repeats: repeats.length,
    ...vendorsOwn(evidence),
    duplicates: duplicates.length,
    lost: lost.length,
    overruns: overruns.length,
    broken: [
      ...duplicates,
      ...lost,
      ...mixedUp(evidence),
      ...overruns,
      ...(isOld ? [] : [...trainingsReleased(evidence), ...moneyDiffers(evidence)]),
      ...receiptDiffers(evidence),
      ...inVain,
      ...notEnded(evidence),
      ...(scenario.capped ? [] : unfinished(evidence)),
    ],
  };
}

/** Every shot is done, failed for a reason, or waits for a person who was told. */
function unfinished({ ledger: { shots } }: Evidence): string[] {
  return shots
    .filter(({ state }) => state === 'open' || state === 'bound')
    .map(({ key, state }) => `${key} is still ${state}`);
}
