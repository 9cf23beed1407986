import { parse } from 'yaml';
import { z } from 'zod';
import { messageOf, UserError } from '../errors.ts';
import { type KeyProblem, readKey } from '../http/api-key.ts';
import type { JsonObject } from '../json.ts';
import { type Amount, amountFromDecimal, type Unit, units } from '../money.ts';
import {
  type Limits,
  nothingLearned,
  type PriceOverrides,
  type Timeouts,
  type Vendor,
} from '../providers/port.ts';
import { vendorById, vendors } from '../providers/registry.ts';
import { timeoutsOf, timeoutsSchema } from '../providers/timeouts.ts';
import { baseUrlVariable, type Environment, keyVariable } from './environment.ts';
import { hostSchema, type HostSettings, hostSettings, s3AccessOf } from './host-settings.ts';
import { readSettings } from './settings-file.ts';

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

/** `acme` at `https://host/api` is `acme@https://host`. */
function accountKey(name: string, baseUrl: string): string {
  return `${name}@${new URL(baseUrl).origin}`;
}

/** The configured account with this key in the ledger. */
export function accountWithKey(
  accounts: ReadonlyMap<string, AccountConfig>,
  key: string,
): AccountConfig | undefined {
  return [...accounts.values()].find((account) => account.key === key);
}

/**
 * Every vendor's own account, and those of `shotlist.yaml`.
 * @throws UserError naming the setting that is wrong
 */
export function loadAccounts(
  environment: Environment,
  file: string,
): ReadonlyMap<string, AccountConfig> {
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

/**
 * Checks that a reference host that is an account exists, and that its vendor gives public links.
 * @throws UserError naming the setting
 */
function checkHost(
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
