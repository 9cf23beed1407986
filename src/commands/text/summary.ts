import { join } from 'node:path';
import type { BatchStatus, FileNote, RaisedPrice, Uncollected } from '../../ledger/port.ts';
import { type Amount, decimalFromAmount, formatAmount } from '../../money.ts';
import { accountName } from '../../batch/ids.ts';
import { isoTime } from '../../report/sidecar.ts';
import type { StatusDocument } from '../json/status.ts';
import type { Project } from '../project/project.ts';
import { fileNoteLines, fileNotesJson } from './file-notes.ts';
import { uncollectedTexts } from './uncollected.ts';
import { formatProblems, type Problem } from './problems.ts';
import { nextSteps } from './next-steps.ts';
import { causeText, hindrancesOf, stopText } from './stops.ts';
import { stateWord, totals } from './totals.ts';
import { clock, type ShownWait, waitsJson, waitTexts } from './waits.ts';

/** The parts of a project that texts about a batch use. */
export type ShownProject = Pick<
  Project,
  'outFolder' | 'runCommand' | 'argumentFor' | 'keyVariableOf'
>;

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
