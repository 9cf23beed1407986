import { join } from 'node:path';
import type {
  BatchStatus,
  FileNote,
  RaisedPrice,
  StepCounts,
  StopReason,
  Uncollected,
} from '../../ledger/port.ts';
import { type Amount, decimalFromAmount, formatAmount } from '../../money.ts';
import { accountName } from '../../batch/ids.ts';
import { isoTime } from '../../report/sidecar.ts';
import type { StatusDocument } from '../json/status.ts';
import type { Project } from '../project/project.ts';
import { fileNoteLines, fileNotesJson } from './file-notes.ts';
import { uncollectedTexts } from './uncollected.ts';
import { formatProblems, type Problem } from './problems.ts';
import { clock, type ShownWait, waitsJson, waitTexts } from './waits.ts';

export type Counts = Omit<StepCounts, 'step' | 'outputs'> & { readonly outputs: number };

/** The parts of a project that texts about a batch use. */
export type ShownProject = Pick<
  Project,
  'outFolder' | 'runCommand' | 'argumentFor' | 'keyVariableOf'
>;

/** Exit codes for scripts; docs/operating.md lists them. */
export type ExitCode = 0 | 1 | 2 | 3 | 4;

export function totals(status: BatchStatus): Counts {
  const sum = (key: keyof Counts) => status.steps.reduce((all, step) => all + step[key], 0);
  return {
    total: sum('total'),
    succeeded: sum('succeeded'),
    cached: sum('cached'),
    failed: sum('failed'),
    parked: sum('parked'),
    running: sum('running'),
    waiting: sum('waiting'),
    partial: sum('partial'),
    outputs: sum('outputs'),
    damaged: sum('damaged'),
  };
}

/** One word for people and scripts. `waiting`: nothing happens until a person acts. */
export function stateWord(status: BatchStatus): StatusDocument['state'] {
  if (status.row.state !== 'running') return status.row.state;
  const { running, waiting } = totals(status);
  return running + waiting > 0 && status.isStopped ? 'waiting' : 'running';
}

export function exitCodeOf(status: BatchStatus): ExitCode {
  const counts = totals(status);
  const { state } = status.row;
  // Where a batch has not ended, a step may have no shots yet.
  if (state === 'running' || state === 'paused') return 4;
  if (counts.running + counts.waiting + status.unmade.length > 0) return 4;
  if (counts.failed + counts.parked + counts.partial > 0)
    return status.row.state === 'cancelled' ? 4 : 3;
  return counts.damaged > 0 ? 3 : 0;
}

/** Facts from the ledger besides the counts of a batch. */
interface Known {
  readonly left?: readonly Uncollected[];
  readonly notes?: readonly FileNote[];
  readonly waits?: readonly ShownWait[];
  /** For each account where the batch's budget is used up: see `neededCaps`. */
  readonly caps?: ReadonlyMap<string, Amount>;
  /** Whether any process works on the batches of the project; null or absent: not known. */
  readonly live?: boolean | null;
}

export function statusJson(
  status: BatchStatus,
  project: ShownProject,
  known: Known & { readonly problems: readonly Problem[] },
): StatusDocument {
  const { outputs, damaged: _, partial, ...shots } = totals(status);
  const { problems, notes = [], waits = [], live } = known;
  const { stops, blocks } = hindrancesOf(status);
  const directory = join(project.outFolder, status.row.batch);
  return {
    batch: status.row.batch,
    state: stateWord(status),
    ...(live !== undefined && { live }),
    shots,
    partial,
    outputs,
    spent: status.accounts.map(({ account, unit, spent, promised }) => ({
      account: accountName(account),
      unit,
      amount: decimalFromAmount(spent, unit),
      ...(promised > 0 && { promised: decimalFromAmount(promised, unit) }),
    })),
    waits: waitsJson(waits),
    stops: stops.map((stop) => ({
      kind: stop.kind,
      account: 'account' in stop ? accountName(stop.account) : null,
      text: stopText(stop, project),
    })),
    blocks: blocks.map((block) => ({
      account: accountName(block.account),
      model: block.model,
      reason: block.reason,
      until: isoTime(block.until),
      text: causeText(block, project),
    })),
    problems: problems.map(({ state, why, count, keys }) => ({ state, why, count, keys })),
    ...(status.unmade.length > 0 && {
      unmade: status.unmade.map(({ step, files }) => ({ step, files })),
    }),
    ...(status.raisedPrices.length > 0 && { raisedPrices: status.raisedPrices.map(raisedJson) }),
    ...fileNotesJson(notes),
    directory,
    contactSheet: join(directory, 'index.html'),
    next: nextSteps(status, project, known).map(({ command }) => command),
  };
}

/** The end of a run, or its present state, as text for a person. */
export function formatSummary(
  status: BatchStatus,
  project: ShownProject,
  known: Known & { readonly problems: readonly Problem[] },
): string {
  const { problems, left = [], notes = [], waits = [] } = known;
  const { batch } = status.row;
  const counts = totals(status);
  const made = counts.succeeded + counts.cached - counts.partial;
  const rest = (['partial', 'cached', 'failed', 'parked', 'running', 'waiting'] as const)
    .filter((key) => counts[key] > 0)
    .map((key) => `${counts[key]} ${key}`);
  const state = stateWord(status);
  const word = state === 'running' ? runningWord(known.live) : state;
  const lines = [
    `${batch}: ${made} of ${counts.total} shots have their files` +
      `${rest.length > 0 ? ` (${rest.join(', ')})` : ''}; ${word}`,
    ...hindrances(status, project),
    ...waitTexts(waits).map((text) => `  waits for  ${text}`),
    ...formatProblems(problems),
    ...fileNoteLines(notes),
    ...status.unmade.map((each) => `  not made   ${unmadeText(each)}`),
    ...uncollectedTexts(status.row.endedAt === null && state !== 'paused' ? [] : left).map(
      (text) => `  left       ${text}`,
    ),
    `  images   ${join(project.outFolder, batch, 'index.html')}`,
    ...nextSteps(status, project, known).map(
      ({ why, command }) => `  ${why.padEnd(10)} ${command}`,
    ),
    ...status.accounts.map(moneyText),
  ];
  return lines.join('\n');
}

/** A batch may be running by the ledger while no process is there to run it. */
function runningWord(live: boolean | null | undefined): string {
  if (live === false) return 'no process runs it now';
  return live === null ? 'running, if a worker elsewhere serves it' : 'running';
}

/** Reasons why shots are not sent or polled, each listed once. */
export function hindrances(
  status: BatchStatus,
  project: Pick<ShownProject, 'keyVariableOf'>,
): string[] {
  const { stops, blocks } = hindrancesOf(status);
  return [
    ...stops.map((stop) => `  stopped: ${stopText(stop, project)}`),
    ...status.raisedPrices.map(raisedText),
    ...blocks.map(
      (block) =>
        `  blocked: ${accountName(block.account)}${block.model ? `:${block.model}` : ''}, ${causeText(block, project)}` +
        (block.until === null ? '' : ` (until ${clock(block.until)})`),
    ),
  ];
}

/** Stops that no block explains, and blocks that matter to the batch. Those that a person ends have no end. */
function hindrancesOf(status: BatchStatus): Pick<BatchStatus, 'stops' | 'blocks'> {
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

function unmadeText({ step, files }: BatchStatus['unmade'][number]): string {
  if (files === 0) return `the shots of the step ${step}`;
  return `the shots of the step ${step} for ${files} ${files === 1 ? 'file' : 'files'}`;
}

function raisedJson(price: RaisedPrice): NonNullable<StatusDocument['raisedPrices']>[number] {
  const { account, model, unit, planned, billed } = price;
  return {
    account: accountName(account),
    model,
    unit,
    planned: decimalFromAmount(planned, unit),
    billed: decimalFromAmount(billed, unit),
  };
}

function raisedText({ account, model, unit, planned, billed }: RaisedPrice): string {
  const charged = formatAmount(billed, unit);
  return `  price: ${accountName(account)} charges ${charged} for ${model}, planned at ${formatAmount(planned, unit)}; later plans use this price`;
}

const endByThemselves: ReadonlySet<Block> = new Set(['limited', 'unreachable', 'circuitOpen']);

function moneyText(money: BatchStatus['accounts'][number]): string {
  const { account, unit, spent, promised, lost, unproven, reserved, ambiguous, cap } = money;
  const parts = [`Spent ${formatAmount(spent, unit)} at ${accountName(account)}`];
  if (promised > 0) parts.push(`${formatAmount(promised, unit)} of it promised back`);
  if (unproven > 0) parts.push(`${formatAmount(unproven, unit)} of it perhaps not charged`);
  if (lost > 0) parts.push(`${formatAmount(lost, unit)} of it for files that the vendor lost`);
  if (reserved > 0) parts.push(`${formatAmount(reserved, unit)} reserved`);
  if (ambiguous > 0) parts.push(`${formatAmount(ambiguous, unit)} at stake`);
  if (cap !== null) parts.push(`of a cap of ${formatAmount(cap, unit)}`);
  return `${parts.join(', ')}.`;
}

/** Commands that the present state accepts, the most useful first. */
function nextSteps(
  status: BatchStatus,
  project: ShownProject,
  { left = [], caps }: Known,
): { why: string; command: string }[] {
  const { row, undecidedTrainings } = status;
  const batch = project.argumentFor(row);
  const counts = totals(status);
  const next = goOnSteps(status, project, caps);
  if (left.length > 0 && (row.endedAt !== null || row.state === 'paused'))
    next.push({ why: 'collect', command: `shotlist collect ${batch}` });
  if (counts.parked + undecidedTrainings > 0)
    next.push({ why: 'decide', command: `shotlist resolve ${batch}` });
  if (counts.succeeded + counts.cached > 0)
    next.push({ why: 'look', command: `shotlist open ${batch}` });
  return next;
}

function goOnSteps(
  status: BatchStatus,
  { runCommand, argumentFor }: ShownProject,
  caps: ReadonlyMap<string, Amount> = new Map(),
): { why: string; command: string }[] {
  const { row, stops, blocks, accounts } = status;
  const batch = argumentFor(row);
  const { waiting, running, failed } = totals(status);
  const raise = accounts.flatMap(({ account, unit }) => {
    const cap = caps.get(account);
    if (cap === undefined) return [];
    const amount = `'${decimalFromAmount(cap, unit)} ${unit}'`;
    return [
      { why: 'raise it', command: `shotlist budget ${batch} ${accountName(account)} ${amount}` },
    ];
  });
  if (row.state === 'paused')
    return [...raise, { why: 'go on', command: `shotlist resume ${batch}` }];
  const isUnended = waiting + running > 0 || status.unmade.length > 0;
  const run = { why: isUnended ? 'go on' : 'run again', command: runCommand(row) };
  if (row.state !== 'running') return isUnended || failed > 0 ? [run] : [];
  if (waiting > 0 && stops.some(({ kind }) => kind === 'maxFailures'))
    return [{ why: 'end it', command: `shotlist cancel ${batch}` }];
  // Neither `resume` nor `run` raises a budget.
  if (raise.length > 0) return raise;
  const isFixable =
    stops.some((stop) => endsByResume(stop)) ||
    blocks.some(({ reason }) => !endByThemselves.has(reason));
  const resume = { why: 'once fixed', command: `shotlist resume ${batch}` };
  return [...(waiting > 0 && isFixable ? [resume] : []), ...(isUnended || failed > 0 ? [run] : [])];
}

/** The other stops end by another run, or by another budget. */
function endsByResume(stop: StopReason): boolean {
  if (stop.kind === 'otherKey') return true;
  return stop.kind === 'block' || (stop.kind === 'budget' && stop.scope === 'account');
}

function stopText(
  stop: StopReason,
  { keyVariableOf }: Pick<ShownProject, 'keyVariableOf'>,
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
  `set the earlier key again; if both are of one vendor account: shotlist accounts --accept-key ${account}`;

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
function causeText(
  { account, reason, why, since }: BatchStatus['blocks'][number],
  { keyVariableOf }: Pick<ShownProject, 'keyVariableOf'>,
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
