import { HttpError, NetworkError, TimeoutError } from '../http/errors.ts';
import type { Verdict, Verification } from './port.ts';

/** Checks the key by a free call. `refuses` detects a refusal that the status does not show. */
export async function verifyKey(
  classify: (error: unknown) => Verdict,
  ask: () => Promise<Verification>,
  refuses: (error: unknown) => boolean = () => false,
): Promise<Verification> {
  try {
    return await ask();
  } catch (error) {
    const { account, message } = classify(error);
    const isRefused = account.kind === 'badKey' || refuses(error);
    return { key: isRefused ? 'refused' : stateBy(error, account), balance: null, message };
  }
}

function stateBy(error: unknown, { kind }: Verdict['account']): Verification['key'] {
  if (kind === 'limited' || kind === 'unreachable') return kind;
  const isSilent = error instanceof NetworkError || error instanceof TimeoutError;
  const isFailing = error instanceof HttpError && (error.status >= 500 || error.status === 408);
  return isSilent || isFailing ? 'unreachable' : 'ambiguous';
}
