import type { ShotRequest } from '../batch/request.ts';
import type { Amount } from '../money.ts';
import type { Provider, Verdict } from '../providers/port.ts';

const questionsAtOnce = 4;
/** Number of unusable answers that ends the questions. */
const ambiguousMax = 3;
/** Maximum rate-limit refusals to wait for, and the longest wait for each in milliseconds. */
const refusalsMax = 3;
const waitMostMs = 15_000;

export interface QuoteAnswers {
  readonly quotes: readonly { readonly key: string; readonly amount: Amount }[];
  /** The vendor's reasons against refused requests, by quote key. */
  readonly refused: ReadonlyMap<string, string>;
  /** Why other requests have no price. */
  readonly unpriced: readonly string[];
  /** Why the remaining prices were not asked for. */
  readonly stopped: string | undefined;
}

/**
 * Asks for the price of each request, a few at a time. A request that the vendor refuses has no price.
 * A problem with the account or the connection ends the questions. The answers so far are returned.
 */
export async function askQuotes(
  provider: Pick<Provider, 'quote' | 'classify'>,
  wanted: ReadonlyMap<string, ShotRequest>,
): Promise<QuoteAnswers> {
  const quotes: { key: string; amount: Amount }[] = [];
  const refused = new Map<string, string>();
  const unpriced: string[] = [];
  const questions = [...wanted];
  let stopped: string | undefined;
  let ambiguous = 0;
  let refusals = 0;

  function heed(verdict: Verdict, question: [string, ShotRequest]): void {
    const { account, message } = verdict;
    if (account.kind === 'limited') {
      // The retry waits for its turn.
      questions.push(question);
      if (++refusals > refusalsMax || account.retryAfterMs > waitMostMs) stopped ??= message;
    } else if (concernsRequestOnly(verdict)) unpriced.push(message);
    else if (account.kind !== 'fine' || ++ambiguous >= ambiguousMax) stopped = message;
  }

  async function ask(): Promise<void> {
    for (;;) {
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
