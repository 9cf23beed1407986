import type { PlannedShot } from '../batch/shot.ts';
import type { ShotRequest } from '../batch/request.ts';
import type { AccountConfig } from '../config/accounts.ts';
import type { LearnedLedger } from '../ledger/port.ts';
import type { Offer, Provider } from '../providers/port.ts';
import { askQuotes } from './ask-quotes.ts';
import { liveOffer, priceOf, quoteKeyOf } from './catalogue.ts';
import { AccountFacts } from './facts.ts';
import { providerOf } from './provider.ts';

/** Maximum age of models and quotes. Older ones are requested again. */
export const learnedForMs = 24 * 60 * 60_000;
/** Maximum distinct prices that one call requests for one account. */
const questionsMax = 500;
/** Answers are saved after this many questions, so that few are repeated after a Ctrl-C. */
const questionsPerWrite = 50;

export interface LearnedOptions {
  readonly ledger: LearnedLedger;
  readonly accounts: Iterable<AccountConfig>;
  /** Returns undefined if this process has no key; default: `providerOf`. */
  readonly provider?: (account: AccountConfig) => Provider | undefined;
  /** Epoch milliseconds, the ledger's clock. */
  readonly now?: () => number;
  readonly questionsMax?: number;
}

interface Known {
  readonly account: AccountConfig;
  readonly facts: AccountFacts;
  readonly offer: () => Offer;
}

/**
 * The accounts' facts from their vendors. They are read from the ledger, requested if missing or old, and
 * written back. Requests are free and best effort: nothing here throws because of a vendor.
 */
export class LearnedAccounts {
  readonly #ledger: LearnedLedger;
  readonly #provider: (account: AccountConfig) => Provider | undefined;
  readonly #now: () => number;
  readonly #questionsMax: number;
  readonly #known: Map<string, Known>;

  constructor(options: LearnedOptions) {
    this.#ledger = options.ledger;
    this.#provider = options.provider ?? providerOf;
    this.#now = options.now ?? Date.now;
    this.#questionsMax = options.questionsMax ?? questionsMax;
    this.#known = new Map();
    for (const account of options.accounts) {
      const facts = new AccountFacts();
      this.#known.set(account.key, { account, facts, offer: liveOffer(account, facts) });
    }
  }

  /** The live facts of an account, by its ledger key. */
  readonly of = (accountKey: string): AccountFacts => {
    const known = this.#known.get(accountKey);
    if (!known) throw new Error(`no account has the key ${accountKey}`);
    return known.facts;
  };

  /** Reads the facts that any process has saved since the last call. */
  async load(): Promise<void> {
    for (const [key, { facts }] of this.#known) {
      const found = await this.#ledger.models(key, facts.modelsAt);
      if (found) facts.tellModels(found.models, found.at);
      facts.tellQuotes(await this.#ledger.quotes(key, facts.quotedLast));
      facts.tellBills(await this.#ledger.bills(key, facts.billedLast));
    }
  }

  /**
   * Requests the vendor's models if the known ones are older than `maxAgeMs`.
   * @returns a message for people if the request failed
   */
  async discover(account: AccountConfig, maxAgeMs = learnedForMs): Promise<string | undefined> {
    const facts = this.of(account.key);
    const provider = this.#provider(account);
    if (!provider?.discover || !this.#isOld(facts.modelsAt, maxAgeMs)) return undefined;
    try {
      const models = await provider.discover();
      await this.#ledger.putModels(account.key, models);
      facts.tellModels(models, this.#now());
      return undefined;
    } catch (error) {
      const instead =
        facts.modelsAt === undefined
          ? 'only the models of its documents are known'
          : 'its last report is used';
      return `${account.name} could not be asked for its models, ${instead}: ${provider.classify(error).message}`;
    }
  }

  /** The requests, by quote key, whose price is unknown, then those whose price is old. */
  unanswered(
    account: AccountConfig,
    wanted: ReadonlyMap<string, ShotRequest>,
    maxAgeMs = learnedForMs,
  ): ReadonlyMap<string, ShotRequest> {
    if (!this.#provider(account)?.quote) return new Map();
    const facts = this.of(account.key);
    const old = [...wanted].filter(([key]) => this.#isOld(facts.quotedAt(key), maxAgeMs));
    const isKnown = ([key]: [string, ShotRequest]): boolean => facts.quote(key) !== undefined;
    return new Map([...old.filter((each) => !isKnown(each)), ...old.filter(isKnown)]);
  }

  /**
   * Requests prices from the vendor, by quote key.
   * @param report receives the number of questions asked so far, from 0, before each further slice
   * @returns messages for people about missing prices
   */
  async quote(
    account: AccountConfig,
    wanted: ReadonlyMap<string, ShotRequest>,
    report: (asked: number, of: number) => void = () => {},
  ): Promise<readonly string[]> {
    const provider = this.#provider(account);
    if (!provider?.quote) return [];
    const questions = [...wanted].slice(0, this.#questionsMax);
    const unpriced: string[] = [];
    for (let start = 0; start < questions.length; start += questionsPerWrite) {
      report(start, questions.length);
      const slice = new Map(questions.slice(start, start + questionsPerWrite));
      const answers = await askQuotes(provider, slice);
      await this.#ledger.putQuotes(account.key, answers.quotes);
      const at = this.#now();
      this.of(account.key).tellQuotes(answers.quotes.map((quote) => ({ ...quote, at })));
      for (const [key, said] of answers.refused) {
        const request = wanted.get(key);
        if (request) this.of(account.key).tellRefusal(key, request, said);
      }
      unpriced.push(...answers.refused.values(), ...answers.unpriced);
      if (answers.stopped !== undefined)
        return [`${account.name} could not be asked for every price: ${answers.stopped}`];
    }
    const notes: string[] = [];
    const requests = unpriced.length === 1 ? '1 request' : `${unpriced.length} requests`;
    if (unpriced.length > 0)
      notes.push(`${account.name} gives no price for ${requests}: ${unpriced[0]}`);
    const left = wanted.size - questions.length;
    if (left > 0) notes.push(`${account.name}: the next plan asks for the other ${left} prices`);
    return notes;
  }

  /**
   * The shots with their current prices. A missing price is requested from the vendor if this process has
   * the key. An old price stays, because it is the accepted one.
   */
  async priced(shots: readonly PlannedShot[]): Promise<readonly PlannedShot[]> {
    const missing = new Map<string, Map<string, ShotRequest>>();
    for (const { account: key, request } of shots) {
      const known = this.#known.get(key);
      const quoteKey = known && quoteKeyOf(known.account, known.offer(), request);
      if (quoteKey === undefined || known?.facts.quote(quoteKey) !== undefined) continue;
      missing.set(key, (missing.get(key) ?? new Map<string, ShotRequest>()).set(quoteKey, request));
    }
    if (missing.size === 0) return shots;
    for (const [key, wanted] of missing) {
      const known = this.#known.get(key);
      if (known) await this.quote(known.account, wanted);
    }
    return shots.map((shot) => {
      const known = missing.has(shot.account) ? this.#known.get(shot.account) : undefined;
      return known
        ? { ...shot, price: priceOf(known.account, known.offer(), known.facts, shot.request) }
        : shot;
    });
  }

  /** The vendor's reason for refusing to price a shot. */
  refusalOf({ account: key, request }: PlannedShot): string | undefined {
    const known = this.#known.get(key);
    const quoteKey = known && quoteKeyOf(known.account, known.offer(), request);
    return quoteKey === undefined ? undefined : known?.facts.refusal(quoteKey, request);
  }

  #isOld(at: number | undefined, maxAgeMs: number): boolean {
    return at === undefined || this.#now() - at > maxAgeMs;
  }
}
