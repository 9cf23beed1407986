import type { Candidate } from '../../activities/reconcile/candidates.ts';
import { accountName } from '../../batch/ids.ts';
import type { UnresolvedRow } from '../../ledger/port.ts';
import { formatAmount, type Price } from '../../money.ts';
import { ageOf } from './age.ts';

const promptCharactersMax = 120;
const candidatesShown = 12;

/** Candidate jobs or model state as the vendor shows them. */
export type Shown =
  | {
      readonly kind: 'candidates';
      readonly candidates: readonly Candidate[];
      /** Number of unreadable entries in the vendor's list. */
      readonly unreadable: number;
    }
  /** The model of a training, and the vendor's word for its state. */
  | { readonly kind: 'model'; readonly id: string; readonly phase: string }
  /** Why there are no candidates: no list, no key, no answer. */
  | { readonly kind: 'unknown'; readonly why: string };

/** All known facts about one request, as text for a person. */
export function unresolvedText(row: UnresolvedRow, shown: Shown, site: string, now: number) {
  const { request, state, jobId, why, key, attempt, isOfGap } = row;
  const { model, prompt } = request ?? { model: 'to train a model' };
  const sentTo = `${accountName(row.account)}, ${model}`;
  const words = prompt === undefined ? '' : `: "${shortened(prompt)}"`;
  return [
    `${key}   ${attempt > 1 ? `try ${attempt}, ` : ''}${stateWords[isOfGap ? 'ofGap' : (state as 'parked' | 'stalled')]}`,
    `  sent       ${sentText(row, now)}, to ${sentTo}${words}`,
    `  known      ${why ?? 'nothing more'}${jobId === null ? '' : `; its job is ${jobId}`}`,
    `  at stake   ${priceText(row.price)}`,
    ...candidateLines(row, shown, site),
  ].join('\n');
}

export function priceText({ amount, unit }: Price): string {
  return amount === null ? 'an unknown price' : formatAmount(amount, unit);
}

/** The possible total cost: `24 credits`, `24 credits and 1 unknown price`. */
export function pricesText(prices: readonly Price[]): string {
  const sums = [...Map.groupBy(prices, ({ unit }) => unit)].flatMap(([unit, group]) => {
    const sum = group.reduce((all, { amount }) => all + (amount ?? 0), 0);
    return sum > 0 ? [formatAmount(sum, unit)] : [];
  });
  const unknown = prices.filter(({ amount }) => amount === null).length;
  if (unknown > 0) sums.push(`${unknown} unknown price${unknown === 1 ? '' : 's'}`);
  return sums.join(' and ') || 'nothing';
}

const stateWords = {
  parked: 'sent, and no usable answer came',
  stalled: 'its job began, and no end is known',
  ofGap: 'may have been sent in a gap of the ledger',
};

function sentText({ claimedAt, deadlineAt, isOfGap }: UnresolvedRow, now: number): string {
  return isOfGap
    ? `between ${timeOf(claimedAt)} and ${timeOf(deadlineAt)}, or not at all`
    : `${timeOf(claimedAt)}, ${ageOf(now - claimedAt)} ago`;
}

function candidateLines(row: UnresolvedRow, shown: Shown, site: string) {
  const { account, claimedAt, deadlineAt, isOfGap } = row;
  const where = accountName(account);
  const when = isOfGap
    ? `from ${timeOf(claimedAt)} to ${timeOf(deadlineAt)}`
    : `of about ${timeOf(claimedAt)}`;
  const look = `see at ${site} whether there is one ${when}`;
  if (shown.kind === 'unknown') return [`  at ${where}   ${shown.why}: ${look}`];
  if (shown.kind === 'model')
    return [
      `  at ${where}   its model ${shown.id} is ${shown.phase}; see at ${site} whether it was charged`,
    ];
  const { candidates, unreadable } = shown;
  const unread = unreadable > 0 ? [`    and ${unreadable} that cannot be read here: ${look}`] : [];
  if (candidates.length === 0)
    return [`  at ${where}   no job of that time without a shot`, ...unread];
  const more = candidates.length - candidatesShown;
  return [
    `  at ${where}   jobs of that time without a shot:`,
    ...candidates.slice(0, candidatesShown).map(candidateLine),
    ...(more > 0 ? [`    and ${more} more`] : []),
    ...unread,
  ];
}

/** Facts about a request, for a page. */
export function requestFacts(row: UnresolvedRow): readonly string[] {
  const { request, claimedAt, why } = row;
  const { model, prompt } = request ?? { model: 'to train a model' };
  return [
    ...(prompt === undefined ? [] : [prompt]),
    `${accountName(row.account)}, ${model}, ${timeOf(claimedAt)}`,
    `at stake: ${priceText(row.price)}`,
    ...(why === null ? [] : [why]),
  ];
}

/** Facts about a candidate job, for a page. */
export function jobFacts({ job, reported, fit }: Candidate): readonly string[] {
  return [
    job.createdAt === null ? 'at an unknown time' : timeOf(job.createdAt),
    ...(reported.prompt === undefined ? [] : [reported.prompt]),
    fit === 'same' ? 'it fits' : 'it may be one of them',
  ];
}

function candidateLine({ job, reported, fit }: Candidate): string {
  const facts = [
    job.state === 'pending' ? 'running' : job.state,
    reported.operation,
    reported.model,
    reported.prompt === undefined ? undefined : `"${shortened(reported.prompt)}"`,
    fit === 'same' ? 'fits' : 'may be it',
  ];
  return `    ${job.id}   ${job.createdAt === null ? 'at an unknown time' : timeOf(job.createdAt)}   ${facts.filter(Boolean).join(', ')}`;
}

/** Local date and time, for comparison with a vendor's page. */
function timeOf(ms: number): string {
  const at = new Date(ms);
  const date = [at.getFullYear(), at.getMonth() + 1, at.getDate()].map((part) =>
    String(part).padStart(2, '0'),
  );
  return `${date.join('-')} ${at.toTimeString().slice(0, 8)}`;
}

function shortened(text: string): string {
  const line = text.replace(/\s+/g, ' ').trim();
  return line.length > promptCharactersMax ? `${line.slice(0, promptCharactersMax)}…` : line;
}
