import { vendors } from '../providers/registry.ts';
import { s3Variables } from './host-settings.ts';

/** The environment of the process. Only this folder reads it. */
export type Environment = Readonly<Record<string, string | undefined>>;

/** All variables that Shotlist reads. Temporal's own (`TEMPORAL_TLS`, profiles, ...) are passed on. */
export const environmentVariables: readonly { readonly name: string; readonly meaning: string }[] =
  [
    ...vendors.flatMap((vendor) => [
      { name: keyVariable(vendor.id), meaning: `API key of the account "${vendor.id}"` },
      {
        name: baseUrlVariable(vendor.id),
        meaning: `base URL of ${vendor.title}; default ${vendor.baseUrl}`,
      },
    ]),
    {
      name: 'TEMPORAL_ADDRESS',
      meaning: 'host:port of a Temporal server; default: an embedded one is started',
    },
    { name: 'TEMPORAL_NAMESPACE', meaning: 'Temporal namespace; default: default' },
    { name: 'SHOTLIST_HOME', meaning: 'project folder; default: found from the batch file' },
    {
      name: 'SHOTLIST_LEDGER',
      meaning: 'sqlite:PATH; default: .shotlist/ledger.db in the project',
    },
    { name: 'SHOTLIST_BLOBS', meaning: 'folder of the blob store; default: .shotlist/blobs' },
    ...s3Variables,
  ];

/** `acme` reads `ACME_API_KEY`. */
export function keyVariable(vendorId: string): string {
  return `${vendorId.toUpperCase()}_API_KEY`;
}

export function baseUrlVariable(vendorId: string): string {
  return `${vendorId.toUpperCase()}_BASE_URL`;
}
