import type { BatchDocument, ModelEntry } from './file/document.ts';
import type { AccountSpec, Catalogue, ModelSpec } from './model-spec.ts';
import type { DocumentPath, Mistake } from './file/problem-at.ts';
import { didYouMean } from './file/suggest.ts';

/** The model behind a written name. For a model that the account trains, `train` says which one. */
export interface ResolvedModel {
  readonly written: string;
  readonly account: AccountSpec;
  readonly spec: ModelSpec;
  /** The entry of `models:`, if the name is one. */
  readonly entry?: ModelEntry;
}
export type ModelLookup =
  | { readonly ok: true; readonly model: ResolvedModel }
  | { readonly ok: false; readonly mistake: Mistake };

/**
 * Finds the model for `account:model` or a name of `models:`. `path` is the place of the written
 * name. A mistake inside an entry of `models:` is reported there.
 */
export function lookUpModel(
  document: BatchDocument,
  catalogue: Catalogue,
  written: string,
  path: DocumentPath,
): ModelLookup {
  if (Object.hasOwn(document.models, written)) return lookUpEntry(document, catalogue, written);
  if (written.includes(':')) return lookUpPublic(catalogue, written, path, false);
  const names = Object.keys(document.models);
  const full = [...catalogue.values()].flatMap((account) =>
    account.models
      .filter((spec) => spec.id === written)
      .map((spec) => `${account.name}:${spec.id}`),
  );
  return refused(path, `there is no model ${written}`, {
    allowed: names,
    hint: `write account:model, or a name from models:${names.length > 0 ? ` (${names.join(', ')})` : ''}`,
    didYouMean: didYouMean(written, names) ?? full[0],
  });
}

/** The account that trains the entry, or the reason why there is none. */
export function lookUpAccount(
  catalogue: Catalogue,
  name: string,
  path: DocumentPath,
): { ok: true; account: AccountSpec } | { ok: false; mistake: Mistake } {
  const account = catalogue.get(name);
  if (account) return { ok: true, account };
  const names = [...catalogue.keys()];
  return refused(path, `there is no account ${name}`, {
    allowed: names,
    hint:
      names.length > 0
        ? `the accounts are ${names.join(', ')}`
        : 'no account is known: set a key or write shotlist.yaml',
    didYouMean: didYouMean(name, names),
  });
}

function lookUpEntry(document: BatchDocument, catalogue: Catalogue, written: string): ModelLookup {
  const entry = document.models[written] as ModelEntry;
  const path = ['models', written];
  if (entry.use !== undefined) {
    const found = lookUpPublic(catalogue, entry.use, [...path, 'use'], entry.unchecked === true);
    return found.ok ? { ok: true, model: { ...found.model, written, entry } } : found;
  }
  if (entry.train === undefined)
    return refused(path, `model ${written} has neither use nor train`, {});
  const account = lookUpAccount(catalogue, entry.train.account, [...path, 'train', 'account']);
  if (!account.ok) return account;
  const spec = account.account.models.find((model) => model.trained);
  const exists = 'id' in entry.train;
  if (spec && (exists || account.account.training))
    return { ok: true, model: { written, account: account.account, spec, entry } };
  if (spec)
    return refused([...path, 'train', 'account'], `${account.account.name} trains no models`, {
      hint: `it takes models that are there: { train: { account: ${account.account.name}, id: ... } }`,
    });
  const trainers = [...catalogue.values()].filter((each) => each.models.some((m) => m.trained));
  return refused([...path, 'train', 'account'], `${account.account.name} trains no models`, {
    hint: trainers.length > 0 ? `${trainers.map((each) => each.name).join(', ')} can` : undefined,
  });
}

function lookUpPublic(
  catalogue: Catalogue,
  written: string,
  path: DocumentPath,
  unchecked: boolean,
): ModelLookup {
  const colon = written.indexOf(':');
  const accountName = written.slice(0, Math.max(colon, 0));
  const id = written.slice(colon + 1);
  const account = lookUpAccount(catalogue, accountName, path);
  if (!account.ok) return account;
  const known = account.account.models.filter((model) => !model.trained);
  const spec =
    known.find((model) => model.id === id) ?? (unchecked ? uncheckedModel(id) : undefined);
  if (spec) return { ok: true, model: { written, account: account.account, spec } };
  const ids = known.map((model) => model.id);
  const suggestion = didYouMean(id, ids);
  return refused(path, `${accountName} has no model ${id}`, {
    allowed: ids.map((each) => `${accountName}:${each}`),
    hint: `shotlist models ${accountName} lists them`,
    didYouMean: suggestion === undefined ? undefined : `${accountName}:${suggestion}`,
    advice: [
      `if it is new at the vendor:  models: { NAME: { use: "${written}", unchecked: true } }`,
    ],
  });
}

/** A model that the catalogue does not know: every value is sent as written. */
export function uncheckedModel(id: string): ModelSpec {
  return {
    id,
    operation: 'image',
    makes: 'image',
    trained: false,
    prompt: 'optional',
    fields: {
      aspectRatio: { kind: 'text' },
      resolution: { kind: 'text' },
      duration: { kind: 'number', min: 0 },
      outputs: { kind: 'integer', min: 1 },
      seed: { kind: 'integer' },
    },
    references: {
      min: 0,
      max: Number.MAX_SAFE_INTEGER,
      reads: ['image', 'video', 'vector', 'audio', 'text'],
      takes: ['file', 'link', 'own'],
      roles: [],
    },
    options: 'unchecked',
    insteadOf: {},
    notes: ['not checked: the catalogue does not know this model'],
  };
}

function refused(
  path: DocumentPath,
  message: string,
  help: {
    allowed?: readonly string[] | undefined;
    hint?: string | undefined;
    didYouMean?: string | undefined;
    advice?: readonly string[] | undefined;
  },
): { ok: false; mistake: Mistake } {
  const given = Object.fromEntries(Object.entries(help).filter(([, value]) => value !== undefined));
  return { ok: false, mistake: { path, message, ...given } };
}
