import { accountName } from '../../batch/ids.ts';
import type { BatchStatus, StopReason } from '../../ledger/port.ts';
import type { Project } from '../project/project.ts';
import { totals } from './totals.ts';
import { clock } from './waits.ts';

/** Stops that no block explains, and blocks that matter to the batch. Those that a person ends have no end. */
export function hindrancesOf(status: BatchStatus): Pick<BatchStatus, 'stops' | 'blocks'> {
  const { waiting, running } = totals(status);
  // A block that a person ends is always shown: it would block the next run as well.
  const blocks = status.blocks.filter(
    ({ reason }) => waiting + running > 0 || !endByThemselves.has(reason),
  );
  const isBlocked = (stop: StopReason): boolean =>
    stop.kind === 'block' &&
    blocks.some(({ account, reason }) => account === stop.account && reason === stop.block);
  const stops = status.stops.filter(
    (stop) => (waiting > 0 && !isBlocked(stop)) || (running > 0 && stop.kind === 'otherKey'),
  );
  return {
    stops,
    blocks: blocks.map((block) =>
      endByThemselves.has(block.reason) ? block : { ...block, until: null },
    ),
  };
}

export const endByThemselves: ReadonlySet<Block> = new Set([
  'limited',
  'unreachable',
  'circuitOpen',
]);

export function stopText(
  stop: StopReason,
  { keyVariableOf }: Pick<Project, 'keyVariableOf'>,
): string {
  switch (stop.kind) {
    case 'superseded':
      return 'a newer run took over';
    case 'paused':
      return 'the batch is paused';
    case 'cancelled':
      return 'the batch was cancelled';
    case 'block':
      return `${accountName(stop.account)}: ${blockText(stop.block, keyVariableOf(stop.account))}`;
    case 'budget':
      return `the ${budgetWords[stop.scope]} of ${accountName(stop.account)} is used up${budgetAdvice[stop.scope]}`;
    case 'unknownPrice':
      return (
        `a price at ${accountName(stop.account)} is unknown: give prices: in shotlist.yaml, ` +
        'or run with --unknown-prices and without a cap'
      );
    case 'maxFailures':
      return 'more shots failed than policy.maxFailures allows: cancel it, then run it again';
    case 'otherKey':
      return `the key of ${accountName(stop.account)} shows none of its earlier work: ${otherKeyAdvice(accountName(stop.account))}`;
  }
}

export const otherKeyAdvice = (account: string): string =>
  `set the earlier key again, then resume; if both are of one vendor account: shotlist accounts --accept-key ${account}`;

const budgetWords = {
  batch: "batch's budget",
  account: 'standing budget',
  accepted: 'accepted plan',
};

const budgetAdvice = {
  batch: ': raise it with shotlist budget',
  account: ': raise it in shotlist.yaml, or wait for the next day or month',
  accepted: ': the next run asks',
};

type Block = BatchStatus['blocks'][number]['reason'];

/** With the start and the last failure of an outage. */
export function causeText(
  { account, reason, why, since }: BatchStatus['blocks'][number],
  { keyVariableOf }: Pick<Project, 'keyVariableOf'>,
): string {
  if (reason !== 'unreachable' || why === null || since === null)
    return blockText(reason, keyVariableOf(account));
  return `the vendor cannot be reached since ${clock(since)}: ${why}; tried again by itself`;
}

function blockText(reason: Block, keyVariable: string | undefined): string {
  const key = keyVariable === undefined ? 'the right one' : `the right one in ${keyVariable}`;
  const words: Record<Block, string> = {
    noFunds: 'the vendor says the account has no credit: top it up, then resume',
    badKey: `the vendor refuses the key: set ${key}, then resume`,
    forbidden: 'the vendor forbids this request (403): check the plan, then resume',
    limited: 'rate limited by the vendor; goes on by itself',
    unreachable: 'the vendor cannot be reached; tried again by itself',
    circuitOpen: 'too many answers were lost in a row; tried again by itself',
  };
  return words[reason];
}
