import { Backoff } from '../http/backoff.ts';
import { keepKey } from './keep-key.ts';
import type { Connection, Provider, Vendor, Verdict } from './port.ts';

/**
 * Makes `Vendor.connect` from a vendor's own calls. It adds the rules for every vendor: waits after
 * refusals, and no key in any text.
 */
export function connectBy(
  create: (connection: Connection & { readonly backoff: Backoff }) => Provider,
): Vendor['connect'] {
  return (connection) => {
    const backoff = connection.backoff ?? new Backoff();
    const provider = create({ ...connection, backoff });
    const classify = (error: unknown): Verdict => {
      const verdict = provider.classify(error);
      const { account } = verdict;
      const retryAfterMs = backoff.decided(error);
      if (retryAfterMs === undefined || !('retryAfterMs' in account)) return verdict;
      return { ...verdict, account: { ...account, retryAfterMs } };
    };
    return keepKey({ ...provider, classify }, connection.apiKey);
  };
}
