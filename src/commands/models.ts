import { Command } from 'commander';
import { offerOf } from '../accounts/catalogue.ts';
import { LearnedAccounts, learnedForMs } from '../accounts/learned.ts';
import { modelPrices, priceQuestions } from '../accounts/model-prices.ts';
import { providerOf } from '../accounts/provider.ts';
import type { AccountFacts } from '../accounts/facts.ts';
import { didYouMean } from '../batch/file/suggest.ts';
import type { AccountConfig } from '../config/accounts.ts';
import { type Config, loadConfig } from '../config/config.ts';
import { UserError } from '../errors.ts';
import { nothingLearned } from '../providers/port.ts';
import type { ModelsDocument } from './json/models.ts';
import { type AccountModels, accountJson, modelPage, modelTable } from './text/models-format.ts';
import { askForModels, askForPrices } from './vendor/ask-vendor.ts';
import { hasLedger, openProject } from './project/project.ts';
import type { Terminal } from '../terminal.ts';

interface ModelsOptions {
  refresh?: boolean;
  json?: boolean;
}

export function modelsCommand(terminal: Terminal): Command {
  return new Command('models')
    .description('list the models of the accounts: outputs, fields and prices')
    .argument('[account]', 'an account, a vendor, or account:model; default: every account')
    .argument('[model]', 'one model, with all its fields and options')
    .option('--refresh', 'ask the vendors for models and prices now')
    .option('--json', 'print one JSON document')
    .addHelpText(
      'after',
      [
        '\nSome vendors list models or prices only on request. They are asked if the key is set and the last',
        'answer is older than a day; these calls are free. A price is exact, quoted (by the vendor), billed',
        '(charged above its price before), assumed (from shotlist.yaml or a noted default) or unknown.',
        '\nExamples:\n  shotlist models\n  shotlist models acme\n  shotlist models acme nanobanana-pro',
      ].join('\n'),
    )
    .action((where: string | undefined, model: string | undefined, options: ModelsOptions) =>
      showModels(terminal, splitName(where, model), options),
    );
}

interface Wanted {
  readonly where: string | undefined;
  readonly model: string | undefined;
}

function splitName(where: string | undefined, model: string | undefined): Wanted {
  const colon = where?.indexOf(':') ?? -1;
  if (where === undefined || model !== undefined || colon < 0) return { where, model };
  return { where: where.slice(0, colon), model: where.slice(colon + 1) };
}

async function showModels(
  terminal: Terminal,
  wanted: Wanted,
  options: ModelsOptions,
): Promise<void> {
  const config = loadConfig(terminal.environment, terminal.folder);
  const accounts = accountsAt(config, wanted.where);
  const listed = await listModels(terminal, config, accounts, wanted, options);
  const shown = listed.map((each) => ({
    ...each,
    models: each.models.filter(
      ({ spec }) => wanted.model === undefined || spec.id === wanted.model,
    ),
  }));
  if (wanted.model !== undefined && shown.every(({ models }) => models.length === 0))
    throw noModel(listed, wanted.model);
  if (options.json)
    terminal.print(JSON.stringify({ accounts: shown.map(accountJson) } satisfies ModelsDocument));
  else if (wanted.model === undefined)
    terminal.print(
      [...shown.map(modelTable), 'details: shotlist models ACCOUNT MODEL'].join('\n\n'),
    );
  else
    terminal.print(
      shown.flatMap((each) => each.models.map((model) => modelPage(each, model))).join('\n\n'),
    );
}

function accountsAt(config: Config, where: string | undefined): readonly AccountConfig[] {
  const all = [...config.accounts.values()];
  if (where === undefined) return all;
  const named = config.accounts.get(where);
  const found = named ? [named] : all.filter(({ vendor }) => vendor.id === where);
  if (found.length > 0) return found;
  const names = all.map(({ name }) => name);
  const suggestion = didYouMean(where, names);
  throw new UserError(`there is no account or vendor ${where}`, {
    next: [
      ...(suggestion === undefined ? [] : [`did you mean ${suggestion}?`]),
      `accounts here: ${names.join(', ')}`,
    ],
  });
}

/** Asks vendors with live model lists when due, and reads all offers. */
async function listModels(
  terminal: Terminal,
  config: Config,
  accounts: readonly AccountConfig[],
  wanted: Wanted,
  options: ModelsOptions,
): Promise<readonly AccountModels[]> {
  if (options.refresh)
    for (const { name, keyProblem } of accounts)
      if (keyProblem) terminal.say(`${name} is not asked: ${keyProblem.why}`);
  const mayAsk = accounts.some((account) => {
    const provider = providerOf(account);
    return provider?.discover !== undefined || provider?.quote !== undefined;
  });
  if (!mayAsk && !hasLedger(config)) return accounts.map((account) => modelsOf(account, undefined));
  await using project = await openProject(terminal, config);
  const learned = new LearnedAccounts({ ledger: project.ledger.learned, accounts });
  await learned.load();
  for (const account of accounts) await refresh(terminal, learned, account, wanted, options);
  return accounts.map((account) => modelsOf(account, learned.of(account.key)));
}

async function refresh(
  terminal: Terminal,
  learned: LearnedAccounts,
  account: AccountConfig,
  { model }: Wanted,
  options: ModelsOptions,
): Promise<void> {
  const maxAgeMs = options.refresh ? -1 : learnedForMs;
  await askForModels(terminal, learned, account, maxAgeMs);
  const offer = offerOf(account, learned.of(account.key));
  const models = offer.models.filter(({ id }) => model === undefined || id === model);
  await askForPrices(terminal, learned, account, priceQuestions(account, offer, models), maxAgeMs);
}

function modelsOf(account: AccountConfig, facts: AccountFacts | undefined): AccountModels {
  const offer = offerOf(account, facts);
  return {
    account,
    learnedAt: facts?.modelsAt,
    training: offer.training,
    uploads: offer.uploads,
    trainingPrice: offer.trainingPrice(account.prices),
    models: offer.models.map((spec) => ({
      spec,
      prices: modelPrices(account, offer, facts ?? nothingLearned, spec),
    })),
  };
}

function noModel(listed: readonly AccountModels[], model: string): UserError {
  const names = listed.map(({ account }) => account.name).join(', ');
  const known = listed.flatMap(({ models }) => models.map(({ spec }) => spec.id));
  const suggestion = didYouMean(model, known);
  return new UserError(`${names} has no model ${model}`, {
    next: [
      ...(suggestion === undefined ? [] : [`did you mean ${suggestion}?`]),
      `list them: shotlist models ${listed.length === 1 ? names : ''}`.trimEnd(),
    ],
  });
}
