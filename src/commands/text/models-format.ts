import type { ModelPrice } from '../../accounts/model-prices.ts';
import { fileRulesText } from '../../batch/checks/file-rules.ts';
import type {
  FieldSpec,
  FileRules,
  ModelSpec,
  ReferenceSpec,
  TrainingSpec,
} from '../../batch/model-spec.ts';
import type { AccountConfig } from '../../config/accounts.ts';
import { decimalFromAmount, type Price, type PriceBasis } from '../../money.ts';
import type { ModelsDocument } from '../json/models.ts';
import { ageOf } from './age.ts';
import { alignColumns } from './table.ts';

type AccountDocument = ModelsDocument['accounts'][number];

/** An account with the requested models. */
export interface AccountModels {
  readonly account: AccountConfig;
  /** Time of the vendor's last model list. Undefined: none yet, or the vendor has none. */
  readonly learnedAt: number | undefined;
  readonly training: TrainingSpec | undefined;
  readonly uploads: FileRules | undefined;
  readonly trainingPrice: Price;
  readonly models: readonly PricedModel[];
}
export interface PricedModel {
  readonly spec: ModelSpec;
  readonly prices: readonly ModelPrice[];
}

export function accountJson(shown: AccountModels): AccountDocument {
  const { account, learnedAt, training } = shown;
  return {
    account: account.name,
    vendor: account.vendor.id,
    unit: account.vendor.unit,
    learnedAt: learnedAt === undefined ? null : new Date(learnedAt).toISOString(),
    training: training ? { ...training, price: priceJson(shown.trainingPrice) } : null,
    uploads: shown.uploads ?? null,
    models: shown.models.map(({ spec, prices }) => {
      const { check: _, ...facts } = spec;
      const [standard, ...byResolution] = prices;
      return {
        ...facts,
        price: standard ? priceJson(standard.price) : null,
        priceByResolution: Object.fromEntries(
          byResolution.map(({ resolution, price }) => [resolution, priceJson(price)]),
        ),
      };
    }),
  };
}

function priceJson({
  amount,
  unit,
  basis,
}: Price): NonNullable<AccountDocument['training']>['price'] {
  return { amount: amount === null ? null : decimalFromAmount(amount, unit), unit, basis };
}

/** One line per model. */
export function modelTable(shown: AccountModels): string {
  const { account, models, training, trainingPrice } = shown;
  const rows = models.map(({ spec, prices }) => [
    spec.id,
    spec.makes,
    spec.references.max === 0 ? '-' : countText(spec.references),
    priceText(prices),
  ]);
  const lines = [`${account.name}: ${vendorText(shown)}`, ''];
  lines.push(...alignColumns([['MODEL', 'MAKES', 'REFERENCES', 'PRICE'], ...rows]));
  if (training)
    lines.push(
      `a training, from ${training.imagesMin} to ${training.imagesMax} images: ${amountText(trainingPrice)}`,
    );
  if (shown.uploads) lines.push(`files that are uploaded: ${fileRulesText(shown.uploads)}`);
  return lines.join('\n');
}

function vendorText({ account: { vendor }, learnedAt }: AccountModels): string {
  const reported = learnedAt === undefined ? '' : `; reported ${ageOf(Date.now() - learnedAt)} ago`;
  return `${vendor.title}, in ${vendor.unit}${reported}`;
}

/** All facts about one model. */
export function modelPage(shown: AccountModels, { spec, prices }: PricedModel): string {
  const isPlain = spec.operation === spec.makes;
  const facts = [
    ['vendor', vendorText(shown)],
    ['makes', isPlain ? spec.makes : `${spec.makes} (${spec.operation})`],
    ['prompt', promptText(spec)],
    ['references', referencesText(spec.references)],
    ...(shown.uploads && spec.references.takes.includes('file') && spec.references.max > 0
      ? [['files', fileRulesText(shown.uploads)]]
      : []),
    ['price', priceText(prices)],
  ];
  const options = spec.options === 'unchecked' ? {} : spec.options;
  const fields = [
    ...fieldRows(spec.fields, ''),
    ...fieldRows(options, 'options.'),
    ...(spec.options === 'unchecked' ? [['options.*', 'anything: not checked', '-', '']] : []),
  ];
  const lines = [`${shown.account.name}:${spec.id}`, ''];
  lines.push(...alignColumns(facts));
  if (fields.length > 0)
    lines.push('', ...alignColumns([['FIELD', 'TAKES', 'DEFAULT', ''], ...fields]));
  if (spec.notes.length > 0) lines.push('', ...spec.notes.map((note) => `note: ${note}`));
  return lines.join('\n');
}

function promptText({ prompt, promptMaxLength }: ModelSpec): string {
  return promptMaxLength === undefined ? prompt : `${prompt}, up to ${promptMaxLength} characters`;
}

function countText({ min, max }: ReferenceSpec): string {
  return min === max ? `${max}` : `${min} to ${max}`;
}

function referencesText(references: ReferenceSpec): string {
  const { max, takes, reads, roles } = references;
  if (max === 0) return 'none';
  const as = roles.length > 0 ? `; roles ${roles.join(', ')}` : '';
  return `${countText(references)} ${reads.join(' or ')}, as ${takes.join(' or ')}${as}`;
}

function fieldRows(
  fields: Readonly<Record<string, FieldSpec | undefined>>,
  prefix: string,
): string[][] {
  return Object.entries(fields).flatMap(([name, field]) =>
    field
      ? [
          [
            `${prefix}${name}`,
            takesText(field),
            field.default === undefined ? '-' : plainText(field.default),
            field.note ?? '',
          ],
        ]
      : [],
  );
}

function plainText(value: unknown): string {
  return typeof value === 'string' ? value : JSON.stringify(value);
}

function takesText(field: FieldSpec): string {
  switch (field.kind) {
    case 'choice':
      return field.values.join(', ');
    case 'integer':
    case 'number':
      return rangeText(field.kind === 'integer' ? 'whole number' : 'number', field.min, field.max);
    case 'boolean':
      return 'true, false';
    case 'text':
      if (field.format === 'uuid') return 'a UUID';
      return field.maxLength === undefined ? 'text' : `text up to ${field.maxLength}`;
    case 'list':
      return `list of ${takesText(field.of)}${field.max === undefined ? '' : `, up to ${field.max}`}`;
    case 'json':
      return 'any JSON';
  }
}

function rangeText(what: string, min: number | undefined, max: number | undefined): string {
  if (min !== undefined && max !== undefined) return `${what} from ${min} to ${max}`;
  if (min !== undefined) return `${what} from ${min}`;
  return max === undefined ? what : `${what} up to ${max}`;
}

/** `10 (assumed)`, or by resolution when prices differ: `8 at 1K, 12 at 2K (exact)`. */
function priceText(prices: readonly ModelPrice[]): string {
  const [standard, ...byResolution] = prices;
  if (!standard || !prices.some(isKnown)) return 'unknown';
  const isFlat = byResolution.every(({ price }) => price.amount === standard.price.amount);
  if (isFlat || byResolution.length === 0) return amountText(standard.price);
  const each = byResolution.map(({ resolution, price }) => `${numberOf(price)} at ${resolution}`);
  if (!isKnown(standard)) each.push('unknown without one');
  const bases = new Set<PriceBasis>(byResolution.filter(isKnown).map(({ price }) => price.basis));
  return `${each.join(', ')} (${[...bases].join(', ') || standard.price.basis})`;
}

function isKnown({ price }: ModelPrice): boolean {
  return price.amount !== null;
}

function numberOf({ amount, unit }: Price): string {
  return amount === null ? '?' : decimalFromAmount(amount, unit);
}

function amountText(price: Price): string {
  return price.amount === null ? 'unknown' : `${numberOf(price)} (${price.basis})`;
}
