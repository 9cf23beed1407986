import { catalogueOf } from '../../accounts/catalogue.ts';
import { LearnedAccounts } from '../../accounts/learned.ts';
import { noKey } from '../../accounts/provider.ts';
import { Wants } from '../../accounts/wants.ts';
import type { Catalogue } from '../../batch/model-spec.ts';
import type { AccountConfig } from '../../config/accounts.ts';
import type { Config } from '../../config/config.ts';
import type { LearnedLedger } from '../../ledger/port.ts';
import { openSqliteLedger } from '../../ledger/sqlite/index.ts';
import { type LoadedBatch, problemsOf, readBatch, soundBatch } from './batch-file.ts';
import { askForModels, askForPrices } from '../vendor/ask-vendor.ts';
import { hasLedger, openProject, type Project } from './project.ts';
import type { Terminal } from '../../terminal.ts';
import { gapWarning } from '../text/gaps.ts';

/**
 * Checks a batch file against current facts from its accounts' vendors. Asks each named account
 * with a key for models and for prices that only the vendor knows. Asks only when the last answer
 * is missing or old.
 * @throws InvalidBatch with every problem; UserError when there is no such file, or a key cannot be
 * sent
 */
export async function openBatchFile(
  terminal: Terminal,
  file: string,
): Promise<{ readonly loaded: LoadedBatch; readonly project: Project }> {
  const batch = readBatch(terminal, file);
  const project = await openProject(terminal, batch.config);
  try {
    const { gaps } = project.ledger;
    for (const gap of await gaps.list())
      if (!gaps.found.some(({ id }) => id === gap.id)) terminal.say(gapWarning(gap));
    const learned = await learnedFrom(project.ledger.learned, batch.config);
    const wants = new Wants();
    const watched = catalogueOf(batch.config, learned.of, wants);
    let problems = problemsOf(batch, watched);
    if (await askNamed(terminal, learned, wants)) problems = problemsOf(batch, watched);
    const catalogue = catalogueOf(batch.config, learned.of);
    const loaded = soundBatch(batch, catalogue, problems);
    for (const account of wants.accounts) requireSoundKey(account, batch.config);
    for (const account of wants.accounts)
      await askForPrices(terminal, learned, account, wants.requests(account));
    const isRefused = wants.accounts.some(({ key }) => learned.of(key).refusals > 0);
    if (isRefused) soundBatch(batch, catalogue, problemsOf(batch, catalogue));
    return { loaded, project };
  } catch (error) {
    await project[Symbol.asyncDispose]();
    throw error;
  }
}

/** Refuses a set key that cannot be sent, at any cost of the batch. A missing key is allowed here. */
function requireSoundKey(account: AccountConfig, { accounts }: Config): void {
  const { referenceHost: host } = account;
  const other = host?.kind === 'account' ? accounts.get(host.name) : undefined;
  for (const each of [account, other]) if (each?.keyProblem?.isSet) throw noKey(each);
}

/**
 * Checks a batch file against the ledger, if there is one. Sends nothing.
 * @throws InvalidBatch with every problem; UserError when there is no such file
 */
export async function checkQuietly(terminal: Terminal, file: string): Promise<LoadedBatch> {
  const batch = readBatch(terminal, file);
  const catalogue = await quietCatalogue(batch.config);
  return soundBatch(batch, catalogue, problemsOf(batch, catalogue));
}

async function quietCatalogue(config: Config): Promise<Catalogue> {
  if (!hasLedger(config)) return catalogueOf(config);
  const ledger = await openSqliteLedger({ path: config.ledgerPath });
  try {
    const learned = await learnedFrom(ledger.learned, config);
    return catalogueOf(config, learned.of);
  } finally {
    await ledger.close();
  }
}

async function learnedFrom(ledger: LearnedLedger, config: Config): Promise<LearnedAccounts> {
  const learned = new LearnedAccounts({ ledger, accounts: config.accounts.values() });
  await learned.load();
  return learned;
}

/** @returns whether a new answer came, so that the batch must be checked again */
async function askNamed(
  terminal: Terminal,
  learned: LearnedAccounts,
  wants: Wants,
): Promise<boolean> {
  let isNew = false;
  for (const account of wants.accounts) {
    const before = learned.of(account.key).modelsAt;
    await askForModels(terminal, learned, account);
    isNew ||= learned.of(account.key).modelsAt !== before;
  }
  return isNew;
}
