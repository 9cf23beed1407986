import type { AccountConfig } from '../config/accounts.ts';
import type { Config } from '../config/config.ts';
import type { Provider } from '../providers/port.ts';
import { accountHost } from './account-host.ts';
import { HostingError, type ReferenceHost } from './port.ts';
import { noCredentials, s3Host } from './s3-host.ts';

/**
 * The account's reference host; undefined if it has none.
 * @param connect makes another account's provider; undefined if that account has no key
 */
export function openHost(
  account: AccountConfig,
  { accounts }: Pick<Config, 'accounts'>,
  connect: (account: AccountConfig) => Provider | undefined,
): ReferenceHost | undefined {
  const host = account.referenceHost;
  if (host === undefined) return undefined;
  if (host.kind === 's3') return s3Host(host);
  const other = accounts.get(host.name);
  if (!other) return undefined;
  const provider = connect(other);
  if (provider) return accountHost({ key: other.key, name: other.name, provider });
  const message = `the reference host ${other.name} has no key: ${other.keyProblem?.why}`;
  return {
    key: other.key,
    name: other.name,
    upload: () => Promise.reject(new HostingError(message, { lasting: true })),
  };
}

/** Why the account's reference host cannot be used here; undefined if it can, or if there is none. */
export function missingAccess(
  account: AccountConfig,
  { accounts }: Pick<Config, 'accounts'>,
): { readonly why: string; readonly next: string } | undefined {
  const host = account.referenceHost;
  if (host === undefined) return undefined;
  if (host.kind === 's3')
    return host.credentials
      ? undefined
      : {
          why: noCredentials(`the reference host s3://${host.bucket} of ${account.name}`),
          next: 'export AWS_ACCESS_KEY_ID=... AWS_SECRET_ACCESS_KEY=...',
        };
  const other = accounts.get(host.name);
  if (!other?.keyProblem) return undefined;
  const { why, next } = other.keyProblem;
  return {
    why: `${account.name} uses the reference host ${other.name}, which has no key: ${why}`,
    next,
  };
}
