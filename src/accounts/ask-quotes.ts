import type { ShotRequest } from '../batch/request.ts';
import type { Amount } from '../money.ts';
import type { Provider, Verdict } from '../providers/port.ts';

const questionsAtOnce = 4;
/** Answers that make no sense, before the vendor is left alone. */
const unclearMax = 3;

export interface QuoteAnswers {
  readonly quotes: readonly { readonly key: string; readonly amount: Amount }[];
  /** What the vendor said about requests that it gives no price for. */
  readonly refused: readonly string[];
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
): Promise<QuoteAnswers> {
  const quotes: { key: string; amount: Amount }[] = [];
  const refused: string[] = [];
  let unclear = 0;
  let stopped: string | undefined;
  // One iterator for all askers: each question is taken by one of them.
  const questions = wanted.entries();
  const ask = async (): Promise<void> => {
    for (const [key, request] of questions) {
      if (stopped !== undefined) return;
      try {
        const amount = await provider.quote?.(request);
        if (amount !== undefined) quotes.push({ key, amount });
      } catch (error) {
        const verdict = provider.classify(error);
        if (concernsRequestOnly(verdict)) refused.push(verdict.message);
        else if (verdict.account.kind !== 'fine' || ++unclear >= unclearMax)
          stopped = verdict.message;
      }
    }
  };
  await Promise.all(Array.from({ length: questionsAtOnce }, ask));
  return { quotes, refused, stopped };
}

function concernsRequestOnly({ request, account }: Verdict): boolean {
  return request === 'refused' && ['fine', 'forbidden'].includes(account.kind);
}
