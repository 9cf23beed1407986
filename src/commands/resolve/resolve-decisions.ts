import type { OutputAccess } from '../../activities/outputs/output-url.ts';
import { RecentList } from '../../activities/reconcile/recent-list.ts';
import { lookAround } from '../../activities/reconcile/candidates.ts';
import { catalogueOf } from '../../accounts/catalogue.ts';
import { LearnedAccounts } from '../../accounts/learned.ts';
import { providerOf } from '../../accounts/provider.ts';
import { accountName } from '../../batch/ids.ts';
import type { Catalogue } from '../../batch/model-spec.ts';
import { type AccountConfig, accountWithKey } from '../../config/accounts.ts';
import { UserError } from '../../errors.ts';
import type { JsonObject } from '../../json.ts';
import type { SubmissionRow, UnresolvedRow } from '../../ledger/port.ts';
import { connectVendor } from '../../providers/connect.ts';
import type { Provider } from '../../providers/port.ts';
import type { Project } from '../project/project.ts';
import { otherKeyProblem, requireOwnKeys } from '../vendor/own-keys.ts';
import { priceText, type Shown } from '../text/unresolved-text.ts';

export type Decision =
  | { readonly kind: 'job'; readonly jobId: string }
  | { readonly kind: 'again' }
  | { readonly kind: 'skip' };

/** The result of a decision. */
export interface Decided {
  readonly key: string;
  readonly submission: string;
  /** `late`: the job of a request that was earlier sent again or skipped. */
  readonly decision: Decision['kind'] | 'late';
  readonly jobId: string | null;
  /** Batches with shots changed by the decision. */
  readonly batches: readonly string[];
  readonly said: string;
}

/** Writes a person's decisions on the requests of one batch to the ledger. */
export class Decisions {
  readonly #project: Project;
  readonly #batch: string;
  readonly #catalogue: Catalogue;
  readonly #lists = new Map<string, RecentList>();

  private constructor(project: Project, batch: string, catalogue: Catalogue) {
    this.#project = project;
    this.#batch = batch;
    this.#catalogue = catalogue;
  }

  static async open(project: Project, batch: string): Promise<Decisions> {
    const { config, ledger } = project;
    const accounts = config.accounts.values();
    const learned = new LearnedAccounts({ ledger: ledger.learned, accounts });
    await learned.load();
    return new Decisions(project, batch, catalogueOf(config, learned.of));
  }

  siteOf({ account }: UnresolvedRow): string {
    return this.#account(account).vendor.site;
  }

  /** Undefined where this process has no key. */
  accessTo({ account: key }: UnresolvedRow): OutputAccess | undefined {
    const account = this.#account(key);
    const provider = providerOf(account);
    return provider && { provider, trustedOrigin: new URL(account.baseUrl).origin };
  }

  /** Best effort: a decision is possible without an answer from the vendor. */
  async shownAtVendor(row: UnresolvedRow): Promise<Shown> {
    const account = this.#account(row.account);
    const provider = providerOf(account);
    if (!provider) return { kind: 'unknown', why: account.keyProblem?.why ?? 'it has no key' };
    const { ledger } = this.#project;
    const { request } = row;
    try {
      const problem = await otherKeyProblem(ledger.keys, account);
      if (problem !== undefined) return { kind: 'unknown', why: problem };
      if (request === null) return await this.#shownModel(row, provider);
      const found = await lookAround(
        { ledger, provider: this.#listOf(account, provider), account: account.key },
        { ...row, request },
      );
      if (found) return { kind: 'candidates', ...found };
      return { kind: 'unknown', why: `${account.vendor.title} does not list its jobs` };
    } catch (error) {
      return { kind: 'unknown', why: provider.classify(error).message };
    }
  }

  /** One shared list for all requests of an account. */
  #listOf({ key }: AccountConfig, provider: Provider): ReturnType<RecentList['of']> {
    const list = this.#lists.get(key) ?? new RecentList();
    this.#lists.set(key, list);
    return list.of(provider, Infinity);
  }

  async #shownModel({ account, fingerprint }: UnresolvedRow, provider: Provider): Promise<Shown> {
    const model = await this.#project.ledger.remotes.model(account, fingerprint);
    const id = model?.remoteId ?? '';
    const state = await provider.train?.check(id);
    return { kind: 'model', id, phase: state?.phase ?? 'missing' };
  }

  /** @throws UserError when the decision is not possible */
  async decide(row: UnresolvedRow, decision: Decision): Promise<Decided> {
    const { submissions } = this.#project.ledger;
    const word =
      decision.kind === 'job'
        ? await this.#job(row, decision.jobId)
        : { ...decision, batch: this.#batch };
    const batches = await submissions.resolve(row.submission, word);
    if (!batches) throw await this.#notSo(row, decision);
    const { key, submission, price } = row;
    const jobId = decision.kind === 'job' ? decision.jobId : null;
    const stake = `up to ${priceText(price)}`;
    const said = {
      job:
        row.request === null
          ? `${key}: the model ${jobId} trains, and is waited for`
          : `${key}: job ${jobId} is polled, and its files are collected`,
      again: `${key}: open again; ${stake} of the first request stays counted as spent`,
      skip: `${key}: skipped; ${stake} stays counted as spent`,
    }[decision.kind];
    return { key, submission, decision: decision.kind, jobId, batches, said };
  }

  /**
   * Records the job of a request that was earlier sent again or skipped.
   * @returns undefined when there is no such request
   */
  async lateJob(key: string, jobId: string): Promise<Decided | undefined> {
    const { ledger } = this.#project;
    let given: SubmissionRow | undefined;
    for await (const row of ledger.reports.submissions(this.#batch))
      if (row.key === key && isGivenUp(row, jobId)) given = row;
    if (!given) return undefined;
    const { job } = await this.#known(given.account, jobId);
    if (!(await ledger.submissions.lateJob(given.submission, job, jobId, { from: 'person' })))
      throw new UserError(`job ${jobId} belongs to another request`);
    const said = `${key}: job ${jobId} has come late; it is counted, and its files are collected`;
    const { submission } = given;
    return { key, submission, decision: 'late', jobId, batches: [this.#batch], said };
  }

  async #job({ account, request, fingerprint, key }: UnresolvedRow, jobId: string) {
    if (request === null) return await this.#training(account, fingerprint, key, jobId);
    const { job, settings } = await this.#known(account, jobId);
    const models = this.#catalogue.get(settings.name)?.models;
    const makes = models?.find(({ id }) => id === request.model)?.makes;
    const { videoJobMs, imageJobMs } = settings.timeouts;
    const giveUpInMs = makes === 'video' ? videoJobMs : imageJobMs;
    return { kind: 'job', job, jobId, nextPollInMs: 0, giveUpInMs } as const;
  }

  /** The job of a training is its model, and the model's id is known. */
  async #training(account: string, fingerprint: string, key: string, jobId: string) {
    const model = await this.#project.ledger.remotes.model(account, fingerprint);
    if (model?.remoteId !== jobId)
      throw new UserError(
        `${key} is a training, and its model is ${model?.remoteId ?? 'unknown'}`,
        {
          next: [
            `confirm that it trains: shotlist resolve ${this.#batch} ${key} --job ${model?.remoteId}`,
          ],
        },
      );
    const { trainingPollMs, trainingMs } = this.#account(account).timeouts;
    const times = { nextPollInMs: trainingPollMs, giveUpInMs: trainingMs };
    return { kind: 'job', job: { model: jobId }, jobId, ...times } as const;
  }

  /** Checks the job at the vendor, when possible, so that a typing error costs nothing. */
  async #known(key: string, jobId: string): Promise<{ job: JsonObject; settings: AccountConfig }> {
    const settings = this.#account(key);
    const { vendor, baseUrl } = settings;
    const provider = providerOf(settings);
    if (!provider) {
      const keyless = connectVendor(vendor, { baseUrl, apiKey: '', settings: settings.settings });
      return { job: keyless.jobRef(jobId), settings };
    }
    await requireOwnKeys(this.#project, [key]);
    const job = provider.jobRef(jobId);
    const state = await provider.check(job).catch(() => undefined);
    if (state?.state === 'missing')
      throw new UserError(`${vendor.title} does not know a job ${jobId}`, {
        next: [`find its id at ${vendor.site}`],
      });
    return { job, settings };
  }

  async #notSo(row: UnresolvedRow, decision: Decision): Promise<UserError> {
    const { submissions, reports } = this.#project.ledger;
    const waiting = await reports.unresolved(this.#batch);
    const still = waiting.some(({ submission }) => submission === row.submission);
    if (decision.kind !== 'job' || !still)
      return new UserError(`${row.key} has been decided meanwhile`, { exitCode: 4 });
    const { jobId } = decision;
    if ((await submissions.recordedJobIds(row.account, [jobId])).has(jobId))
      return new UserError(`job ${jobId} belongs to another request`);
    return new UserError(`the vendor has named the job of ${row.key}: ${row.jobId}`);
  }

  #account(key: string): AccountConfig {
    const account = accountWithKey(this.#project.config.accounts, key);
    if (account) return account;
    throw new UserError(`the account ${accountName(key)} is not configured any more`);
  }
}

function isGivenUp({ resolution, duplicate, jobId }: SubmissionRow, found: string): boolean {
  const isSettled = resolution === 'again' || resolution === 'skip' || resolution === 'resubmit';
  return isSettled && !duplicate && (jobId === null || jobId === found);
}
