import type { AccountConfig } from '../config.ts';
import { connectVendor } from '../providers/connect.ts';
import type { Connection, Provider } from '../providers/port.ts';

/** The account's vendor; undefined where its key is not set here. */
export function providerOf(
  account: AccountConfig,
  pace?: Connection['pace'],
): Provider | undefined {
  const { vendor, apiKey, baseUrl, settings } = account;
  return apiKey === undefined
    ? undefined
    : connectVendor(vendor, { baseUrl, apiKey, settings, pace });
}
