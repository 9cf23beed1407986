import { type Amount, decimalFromAmount, formatAmount } from '../../money.ts';
import type { PlanDocument, ShotDocument } from '../json/plan.ts';
import type { LoadedBatch } from '../project/batch-file.ts';
import { standingBudget } from '../text/standing-budget.ts';
import type { AccountCost, BatchPlan, PlannedEntry, StepPlan } from './plan-batch.ts';
import { alignColumns } from '../text/table.ts';

/** `entries` are those of `--shots`. */
export function planJson(
  loaded: LoadedBatch,
  plan: BatchPlan,
  entries?: readonly ShotDocument[],
): PlanDocument {
  const sum = (status: keyof StepPlan['counts']) =>
    plan.steps.reduce((total, step) => total + step.counts[status], 0);
  return {
    batch: loaded.document.batch,
    plan: plan.id,
    shots: {
      total: plan.steps.reduce((total, step) => total + step.shots, 0),
      new: sum('new'),
      cached: sum('cached'),
      inFlight: sum('inFlight'),
      retry: sum('retry'),
      upTo: plan.steps.some(isOpenEnded),
    },
    cost: [...plan.cost.values()].map((cost) => ({
      account: cost.name,
      unit: cost.unit,
      amount: cost.unknown > 0 ? null : decimalFromAmount(cost.amount, cost.unit),
      basis: cost.unknown > 0 ? 'unknown' : cost.basis,
      cap: capText(loaded.document.budget[cost.name]),
      used: decimalFromAmount(plan.used.get(cost.account) ?? 0, cost.unit),
      standing: standingJson(plan, cost),
    })),
    billed: plan.billed.map(({ name, model, unit, amount }) => ({
      account: name,
      model,
      unit,
      amount: decimalFromAmount(amount, unit),
    })),
    paidElsewhere: plan.paidElsewhere,
    steps: plan.steps.map((step) => ({
      step: step.step,
      shots: step.shots,
      upTo: isOpenEnded(step),
    })),
    trainings: plan.trainings,
    notes: [...fileNotes(loaded), ...plan.notes],
    seconds: plan.seconds,
    ...(entries && { entries }),
  };
}

function standingJson({ standing }: BatchPlan, { account, unit }: AccountCost) {
  const budget = standing.get(account);
  if (!budget) return null;
  const { amount, period, used } = budget;
  return {
    amount: decimalFromAmount(amount, unit),
    period,
    used: decimalFromAmount(used, unit),
  };
}

function capText(cap: LoadedBatch['document']['budget'][string] | undefined): string | null {
  return cap ? decimalFromAmount(cap.amount, cap.unit) : null;
}

/** Notes of the batch file, each with its line. */
function fileNotes({ notes }: LoadedBatch): string[] {
  return notes
    .filter(({ severity }) => severity === 'note')
    .map(({ place, message }) => `${place.file}:${place.line}  ${message}`);
}

export function shotJson({ shot, status, why }: PlannedEntry): ShotDocument {
  const { amount, unit } = shot.price;
  return {
    key: shot.key,
    step: shot.step,
    model: shot.writtenModel,
    fingerprint: shot.fingerprint,
    status,
    why,
    price: amount === null ? null : decimalFromAmount(amount, unit),
  };
}

/** The plan as text for a person. */
export function formatPlan(loaded: LoadedBatch, plan: BatchPlan): string {
  const rows = plan.steps.map((step) => {
    const most = isOpenEnded(step) ? 'up to ' : '';
    return [
      step.step,
      `${most}${step.shots}`,
      `${most}${step.counts.new}`,
      `${step.counts.cached}`,
      `${step.counts.retry}`,
      `${step.counts.inFlight}`,
      [...step.cost.values()].map((cost) => most + costText(cost)).join(', ') || 'nothing',
    ];
  });
  const header = ['STEP', 'SHOTS', 'NEW', 'CACHED', 'RETRY', 'IN FLIGHT', 'COST'];
  const lines = [loaded.document.batch, '', ...alignColumns([header, ...rows])];
  if (plan.trainings > 0)
    lines.push('', `TRAINING  ${plan.trainings} model${plan.trainings === 1 ? '' : 's'} first`);
  lines.push('', ...budgetLines(loaded, plan), ...billedLines(plan), `TIME      ${timeText(plan)}`);
  lines.push(...fileNotes(loaded).map((note) => `NOTE      ${note}`));
  const shown = plan.notes.slice(0, notesShown).map((note) => `NOTE      ${note}`);
  const more = plan.notes.length - notesShown;
  return [...lines, ...shown, ...(more > 0 ? [`NOTE      and ${more} more`] : [])].join('\n');
}

const notesShown = 5;

/** `20 credits at acme (exact) for 2 requests, and 1 request with an unknown price`. */
export function costText(cost: AccountCost): string {
  const known = `${formatAmount(cost.amount, cost.unit)} at ${cost.name} (${cost.basis})`;
  if (cost.unknown === 0) return known;
  const priced = cost.requests - cost.unknown;
  const unpriced = cost.unknown === 1 ? 'with an unknown price' : 'with unknown prices';
  return priced > 0
    ? `${known} for ${countText(priced)}, and ${countText(cost.unknown)} ${unpriced}`
    : `${countText(cost.unknown)} at ${cost.name} ${unpriced}`;
}

function countText(requests: number): string {
  return `${requests} request${requests === 1 ? '' : 's'}`;
}

function budgetLines(loaded: LoadedBatch, plan: BatchPlan): string[] {
  return [...plan.cost.values()].flatMap((cost) => {
    const cap = loaded.document.budget[cost.name];
    const standing = loaded.config.accounts.get(cost.name)?.budget;
    const stops =
      cost.unknown > 0 && (cap !== undefined || standing !== undefined)
        ? [`UNKNOWN   ${cost.name} has a budget, under which no unknown price fits (exit 4)`]
        : [];
    const noCap = standing ? '' : ', no cap';
    const end = cap ? capWords(plan, cost, cap, standing?.amount) : noCap;
    return [`TOTAL     ${costText(cost)}${end}`, ...standingLines(plan, cost), ...stops];
  });
}

/** The budget of the account over all batches. */
function standingLines(
  { standing }: BatchPlan,
  { account, name, unit, amount }: AccountCost,
): string[] {
  const budget = standing.get(account);
  if (!budget) return [];
  const over = budget.used + amount > budget.amount ? ': the rest would stop (exit 4)' : '';
  const used = `${formatAmount(budget.used, unit)} used by all batches`;
  return [`BUDGET    ${name}: ${standingBudget(budget, unit)}, ${used}${over}`];
}

function capWords(
  plan: BatchPlan,
  { account, amount }: AccountCost,
  cap: LoadedBatch['document']['budget'][string],
  standing: Amount | undefined,
): string {
  const used = plan.used.get(account) ?? 0;
  const present = plan.caps.get(account) ?? cap.amount;
  // `shotlist budget` may have set another one. A run that goes on keeps it, and a new one does not.
  const isOther = present !== cap.amount && present !== standing;
  const other = isOther
    ? ` in the file and of ${formatAmount(present, cap.unit)} in the present run`
    : '';
  const isUsed = used > 0 ? `, ${formatAmount(used, cap.unit)} of it used before` : '';
  const most = isOther ? Math.max(cap.amount, present) : cap.amount;
  const over = used + amount > most ? ': the rest would stop (exit 4)' : '';
  return ` of a budget of ${formatAmount(cap.amount, cap.unit)}${other}${isUsed}${over}`;
}

function billedLines({ billed }: BatchPlan): string[] {
  return billed.map(
    ({ name, model, unit, amount }) =>
      `BILLED    ${name} charged ${formatAmount(amount, unit)} for ${model}, more than its price: planned at that`,
  );
}

function timeText({ seconds, trainingSeconds }: BatchPlan): string {
  const training = `, with ${duration(trainingSeconds)} for training`;
  return `about ${duration(seconds)}${trainingSeconds > 0 ? training : ''}`;
}

/** Whether the step may get fewer shots, because its sources do not exist yet. */
function isOpenEnded(step: StepPlan): boolean {
  return step.upTo && step.counts.cached < step.shots;
}

export function duration(seconds: number): string {
  if (seconds < 60) return `${Math.max(1, Math.round(seconds))} s`;
  if (seconds < 3_600) return `${Math.round(seconds / 60)} min`;
  return `${(seconds / 3_600).toFixed(1)} h`;
}
