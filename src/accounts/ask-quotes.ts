import { setTimeout as sleep } from 'node:timers/promises';
import type { ShotRequest } from '../batch/request.ts';
import type { Amount } from '../money.ts';
import type { Provider, Verdict } from '../providers/port.ts';

const questionsAtOnce = 4;
/** Answers that make no sense, before the vendor is left alone. */
const unclearMax = 3;
/** How many pauses for a vendor's rate limit are accepted, and how long each may be. */
const pausesMax = 3;
const pauseMs = { usual: 2_000, most: 15_000 };

export interface QuoteAnswers {
  readonly quotes: readonly { readonly key: string; readonly amount: Amount }[];
  /** By key, what the vendor itself said against requests that it would not take. */
  readonly refused: ReadonlyMap<string, string>;
  /** Why other requests have no price. */
  readonly unpriced: readonly string[];
  /** Why the rest was not asked. */
  readonly stopped: string | undefined;
}

/**
 * Asks for the price of each request, a few at a time. A request that the vendor refuses has no price;
 * trouble with the account or on the way there ends the asking, and what was answered stands.
 */
export async function askQuotes(
  provider: Pick<Provider, 'quote' | 'classify'>,
  wanted: ReadonlyMap<string, ShotRequest>,
  pauseFor: (ms: number) => Promise<unknown> = sleep,
): Promise<QuoteAnswers> {
  const quotes: { key: string; amount: Amount }[] = [];
  const refused = new Map<string, string>();
  const unpriced: string[] = [];
  const questions = [...wanted];
  let stopped: string | undefined;
  let unclear = 0;
  let pauses = 0;
  let pause: Promise<unknown> | undefined;

  function heed(verdict: Verdict, question: [string, ShotRequest]): void {
    const { account, message } = verdict;
    if (account.kind === 'limited') {
      questions.push(question);
      if (pause) return;
      if (++pauses > pausesMax) {
        stopped = message;
        return;
      }
      const ms = Math.min(account.retryAfterMs ?? pauseMs.usual, pauseMs.most);
      pause = pauseFor(ms).finally(() => (pause = undefined));
    } else if (concernsRequestOnly(verdict)) unpriced.push(message);
    else if (account.kind !== 'fine' || ++unclear >= unclearMax) stopped = message;
  }

  async function ask(): Promise<void> {
    for (;;) {
      await pause;
      const question = stopped === undefined ? questions.shift() : undefined;
      if (!question) return;
      try {
        const [key, request] = question;
        const quoted = await provider.quote?.(request);
        if (quoted && 'amount' in quoted) quotes.push({ key, amount: quoted.amount });
        else if (quoted) refused.set(key, quoted.refused);
      } catch (error) {
        heed(provider.classify(error), question);
      }
    }
  }

  await Promise.all(Array.from({ length: questionsAtOnce }, ask));
  return { quotes, refused, unpriced, stopped };
}

function concernsRequestOnly({ request, account }: Verdict): boolean {
  return request === 'refused' && ['fine', 'forbidden'].includes(account.kind);
}
