import type { AccountConfig } from '../config.ts';
import { UserError } from '../errors.ts';
import { nothingLearned } from '../providers/port.ts';

/**
 * Checks that a reference host that is an account exists, and that its vendor gives public links.
 * @throws UserError naming the setting
 */
export function checkHost(
  { name, referenceHost: host }: AccountConfig,
  accounts: ReadonlyMap<string, AccountConfig>,
  file: string,
): void {
  if (host?.kind !== 'account') return;
  const other = accounts.get(host.name);
  const where = `${file}: accounts.${name}.referenceHost`;
  if (!other)
    throw new UserError(
      `${where}: there is no account ${host.name}; write s3: with a bucket, or the name of an account`,
    );
  if (!other.vendor.offer(other.settings, nothingLearned).publicUploads)
    throw new UserError(
      `${where}: ${other.vendor.title} gives no public links to uploaded files, so ${host.name} cannot host them`,
    );
}
