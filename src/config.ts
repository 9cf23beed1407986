import { homedir, platform } from 'node:os';
import { join, resolve } from 'node:path';
import { parse } from 'yaml';
import { z } from 'zod';
import { messageOf, UserError } from './errors.ts';
import { checkHost } from './hosting/check-host.ts';
import {
  hostSchema,
  type HostSettings,
  hostSettings,
  s3AccessOf,
  s3Variables,
} from './hosting/settings.ts';
import { type KeyProblem, readKey } from './http/api-key.ts';
import type { JsonObject } from './json.ts';
import { type Amount, amountFromDecimal, type Unit, units } from './money.ts';
import {
  type Limits,
  nothingLearned,
  type PriceOverrides,
  type Timeouts,
  type Vendor,
} from './providers/port.ts';
import { linkedBatch, projectFolder } from './project-folder.ts';
import { vendorById, vendors } from './providers/registry.ts';
import { timeoutsOf, timeoutsSchema } from './providers/timeouts.ts';
import { readSettings } from './settings-file.ts';
import { cacheFolder } from './temporal/find-server.ts';

/** The environment of the process. Only this file reads it. */
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
function keyVariable(vendorId: string): string {
  return `${vendorId.toUpperCase()}_API_KEY`;
}

function baseUrlVariable(vendorId: string): string {
  return `${vendorId.toUpperCase()}_BASE_URL`;
}

export interface AccountConfig {
  readonly name: string;
  /** The key in the ledger: name and origin of the base URL. It separates a simulator's work from the vendor's. */
  readonly key: string;
  readonly vendor: Vendor;
  readonly keyVariable: string;
  /** Undefined if the variable gives no key; then `keyProblem` says why. Never printed, never stored. */
  readonly apiKey: string | undefined;
  readonly keyProblem: KeyProblem | undefined;
  readonly baseUrl: string;
  readonly limits: Limits;
  readonly timeouts: Timeouts;
  readonly prices: PriceOverrides;
  readonly budget: { amount: Amount; period: 'day' | 'month' | 'ever' } | undefined;
  /** The host that gives local files a public link, for models that accept links only. */
  readonly referenceHost?: HostSettings | undefined;
  /** Settings specific to this vendor. */
  readonly settings: JsonObject;
}

export interface Config {
  /** The project folder, with `shotlist.yaml`, `.shotlist/` and `out/`. */
  readonly home: string;
  readonly stateFolder: string;
  readonly cacheFolder: string;
  readonly ledgerPath: string;
  readonly blobsFolder: string;
  readonly temporal: {
    readonly address: string | undefined;
    readonly namespace: string;
    /** Passed to Temporal's own configuration loader. */
    readonly environment: Environment;
  };
  readonly searchPath: string;
  readonly accounts: ReadonlyMap<string, AccountConfig>;
}

const positiveInteger = z.number().int().positive();
const decimal = z.union([z.number().nonnegative(), z.string()]).transform(String);
const budgetPattern = /^([\d.]+) (\w+)(?: per (day|month))?$/;

const accountSchema = z.strictObject({
  provider: z.string().optional(),
  key: z
    .string()
    .regex(
      /^[A-Z][A-Z0-9_]*$/,
      'give the NAME of an environment variable, such as ACME_API_KEY, never a key',
    )
    .optional(),
  baseUrl: z.url({ protocol: /^https?$/ }).optional(),
  limits: z
    .strictObject({ perMinute: positiveInteger.optional(), inFlight: positiveInteger.optional() })
    .optional(),
  budget: z
    .string()
    .regex(budgetPattern, 'write it as "2000 credits", "2000 credits per month" or "5 usd per day"')
    .optional(),
  prices: z.record(z.string(), z.union([decimal, z.record(z.string(), decimal)])).optional(),
  timeouts: timeoutsSchema,
  referenceHost: hostSchema.optional(),
});
const fileSchema = z.strictObject({
  accounts: z.record(z.string().regex(/^[a-z][a-z0-9-]*$/), z.looseObject({})).optional(),
});
type AccountEntry = z.infer<typeof accountSchema>;

/**
 * Reads the environment and `shotlist.yaml`.
 * @param from a batch file or a folder; the project folder is the nearest one at or above it that has
 * `shotlist.yaml` or `.shotlist/`, else the folder itself
 * @throws UserError naming the setting that is wrong
 */
export function loadConfig(environment: Environment, from: string): Config {
  const home = environment['SHOTLIST_HOME']
    ? resolve(environment['SHOTLIST_HOME'])
    : projectFolder(resolve(from));
  const stateFolder = join(home, '.shotlist');
  return {
    home,
    stateFolder,
    cacheFolder: cacheFolder(environment, platform(), userHome() ?? stateFolder),
    ledgerPath: ledgerPath(environment['SHOTLIST_LEDGER'], stateFolder),
    blobsFolder: blobsFolder(environment['SHOTLIST_BLOBS'], stateFolder),
    temporal: {
      address: environment['TEMPORAL_ADDRESS'] || undefined,
      namespace: environment['TEMPORAL_NAMESPACE'] || 'default',
      environment,
    },
    searchPath: environment['PATH'] ?? '',
    accounts: loadAccounts(environment, join(home, 'shotlist.yaml')),
  };
}

/** `acme` at `https://host/api` is `acme@https://host`. */
function accountKey(name: string, baseUrl: string): string {
  return `${name}@${new URL(baseUrl).origin}`;
}

function loadAccounts(environment: Environment, file: string): ReadonlyMap<string, AccountConfig> {
  const entries = readAccountEntries(file);
  const accounts = new Map<string, AccountConfig>();
  for (const vendor of vendors)
    accounts.set(
      vendor.id,
      accountFrom(environment, vendor.id, vendor, entries.get(vendor.id) ?? {}, file),
    );
  for (const [name, entry] of entries) {
    if (accounts.has(name)) continue;
    const provider = typeof entry['provider'] === 'string' ? entry['provider'] : undefined;
    const vendor = provider === undefined ? undefined : vendorById(provider);
    if (!vendor)
      throw new UserError(
        `${file}: accounts.${name}.provider must be one of ${vendors.map(({ id }) => id).join(', ')}`,
      );
    accounts.set(name, accountFrom(environment, name, vendor, entry, file));
  }
  for (const account of accounts.values()) checkHost(account, accounts, file);
  return accounts;
}

function accountFrom(
  environment: Environment,
  name: string,
  vendor: Vendor,
  raw: Readonly<Record<string, unknown>>,
  file: string,
): AccountConfig {
  const common = Object.keys(accountSchema.shape);
  const own = Object.fromEntries(Object.entries(raw).filter(([key]) => !common.includes(key)));
  const shared = Object.fromEntries(Object.entries(raw).filter(([key]) => common.includes(key)));
  const where = `${file}: accounts.${name}`;
  const entry: AccountEntry = checked(accountSchema, shared, where);
  const settings = checked(vendor.settings, own, where);
  if (entry.provider !== undefined && entry.provider !== vendor.id)
    throw new UserError(`${where}.provider: the account named ${name} is ${vendor.id}'s own`);
  const variable = entry.key ?? keyVariable(vendor.id);
  const { key, problem } = readKey(variable, environment[variable]);
  const baseUrl = (
    entry.baseUrl ??
    (environment[baseUrlVariable(vendor.id)] || undefined) ??
    vendor.baseUrl
  ).replace(/\/+$/, '');
  if (!URL.canParse(baseUrl))
    throw new UserError(`${baseUrlVariable(vendor.id)} is not a URL: ${baseUrl}`);
  return {
    name,
    key: accountKey(name, baseUrl),
    vendor,
    keyVariable: variable,
    apiKey: key,
    keyProblem: problem,
    baseUrl,
    limits: { ...vendor.offer(settings, nothingLearned).limits, ...entry.limits },
    timeouts: timeoutsOf(vendor.timeouts, entry.timeouts),
    prices: entry.prices ?? {},
    budget: entry.budget === undefined ? undefined : parseBudget(entry.budget, vendor.unit, where),
    referenceHost:
      entry.referenceHost === undefined
        ? undefined
        : hostSettings(entry.referenceHost, s3AccessOf(environment)),
    settings,
  };
}

function parseBudget(text: string, unit: Unit, where: string): AccountConfig['budget'] {
  const match = budgetPattern.exec(text);
  const written = match?.[2];
  if (!match || !written || !units.some((known) => known === written) || written !== unit)
    throw new UserError(
      `${where}.budget: this account bills in ${unit}: write "2000 ${unit} per month"`,
    );
  const period = match[3] === 'day' || match[3] === 'month' ? match[3] : 'ever';
  return { amount: amountFromDecimal(match[1] ?? '', unit), period };
}

function readAccountEntries(file: string): Map<string, Readonly<Record<string, unknown>>> {
  const text = readSettings(file);
  if (text === undefined) return new Map();
  let content: unknown;
  try {
    content = parse(text);
  } catch (error) {
    throw new UserError(`${file}: ${messageOf(error)}`);
  }
  const { accounts } = checked(fileSchema, content ?? {}, file);
  return new Map(Object.entries(accounts ?? {}));
}

function checked<T>(schema: z.ZodType<T>, value: unknown, where: string): T {
  const result = schema.safeParse(value);
  if (result.success) return result.data;
  const first = result.error.issues[0];
  const path = first?.path.length ? `.${first.path.join('.')}` : '';
  throw new UserError(`${where}${path}: ${first?.message ?? 'is wrong'}`);
}

/** Undefined for a user without a home, as in some containers. */
function userHome(): string | undefined {
  try {
    return homedir();
  } catch {
    return undefined;
  }
}

/** The path of a batch file in its project: see `linkedBatch`. */
export function batchPath(environment: Environment, given: string): string {
  return environment['SHOTLIST_HOME'] ? given : linkedBatch(given);
}

function ledgerPath(setting: string | undefined, stateFolder: string): string {
  if (!setting) return join(stateFolder, 'ledger.db');
  if (setting.startsWith('sqlite:')) return resolve(setting.slice('sqlite:'.length));
  throw new UserError(
    `SHOTLIST_LEDGER: ${setting.split(':')[0]} is not a ledger; write sqlite:PATH`,
  );
}

function blobsFolder(setting: string | undefined, stateFolder: string): string {
  if (!setting) return join(stateFolder, 'blobs');
  if (/^[a-z0-9]+:\/\//i.test(setting))
    throw new UserError(`SHOTLIST_BLOBS: ${setting} is not a folder; give the path of one`);
  return resolve(setting);
}
