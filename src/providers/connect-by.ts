import { keepKey } from './keep-key.ts';
import type { Connection, Provider, Vendor } from './port.ts';

/** `Vendor.connect` out of a vendor's own calls: what holds for every vendor is added here. */
export function connectBy(create: (connection: Connection) => Provider): Vendor['connect'] {
  return (connection) => keepKey(create(connection), connection.apiKey);
}
