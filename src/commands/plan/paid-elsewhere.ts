import { accountName, originOf } from '../../batch/ids.ts';
import { UserError } from '../../errors.ts';
import { bareHost, isInsideAddress } from '../../http/address.ts';
import type { PlanLedger } from '../../ledger/port.ts';
import type { PlanDocument } from '../json/plan.ts';
import type { BatchPlan, PlannedEntry } from './plan-batch.ts';

/** Shots at one account that another account would be paid for again. */
export type PaidElsewhere = PlanDocument['paidElsewhere'][number];

/**
 * Finds shots that are new at their account but paid for at another account. The batch no longer
 * names the other account, and both may be the same one. They match by address under another name,
 * or by name at another address.
 */
export class PaidElsewhereSearch {
  readonly #plans: PlanLedger;
  /** Keys of the accounts that the batch has ever had shots at. */
  readonly #known: readonly string[];
  /** Keys of the accounts that the plan has shots at; complete when `result` is called. */
  readonly #used: ReadonlySet<string>;
  /** One entry per pair of account keys. */
  readonly #found: { readonly from: string; readonly to: string; shots: number }[] = [];

  constructor(plans: PlanLedger, known: readonly string[], used: ReadonlySet<string>) {
    this.#plans = plans;
    this.#known = known;
    this.#used = used;
  }

  async look(entries: readonly PlannedEntry[]): Promise<void> {
    const wanted = entries.filter(({ status, expected }) => status === 'new' && !expected);
    for (const [to, group] of Map.groupBy(wanted, ({ shot }) => shot.account)) {
      const fingerprints = group.map(({ shot }) => shot.fingerprint);
      for (const from of this.#known)
        if (from !== to && mayBeSame(from, to))
          this.#add(from, to, await this.#plans.lookup(from, fingerprints));
    }
  }

  #add(from: string, to: string, states: Awaited<ReturnType<PlanLedger['lookup']>>): void {
    const isPaid = (state: string): boolean => state === 'cached' || state === 'inFlight';
    const shots = [...states.values()].filter(isPaid).length;
    const known = this.#found.find((pair) => pair.from === from && pair.to === to);
    if (known) known.shots += shots;
    else if (shots > 0) this.#found.push({ from, to, shots });
  }

  /** Call after all shots were seen. */
  result(): readonly PaidElsewhere[] {
    return this.#found
      .filter(({ from }) => !this.#used.has(from))
      .map(({ from, to, shots }) => {
        const names = { from: accountName(from), to: accountName(to), shots };
        return names.from === names.to ? { from, to, shots } : names;
      });
  }
}

/**
 * A simulator's work is never the vendor's. A simulator restarted at another port does not have it
 * either.
 */
function mayBeSame(before: string, now: string): boolean {
  const [old, current] = [new URL(originOf(before)), new URL(originOf(now))];
  if (old.origin === current.origin) return true;
  const isSimulator = isInside(old) && !(isInside(current) && old.port === current.port);
  return accountName(before) === accountName(now) && !isSimulator;
}

/** Checks the URL as written: a plan resolves no host names. */
function isInside(url: URL): boolean {
  return url.hostname === 'localhost' || isInsideAddress(bareHost(url));
}

export function paidElsewhereText({ from, to, shots }: PaidElsewhere): string {
  const are = shots === 1 ? '1 shot is' : `${shots} shots are`;
  return `${are} paid for at the account ${from}, and would be paid for again at ${to}`;
}

/**
 * @param acceptCommand accepts exactly this plan
 * @throws UserError when the plan pays for anything again and no person has confirmed it
 */
export function refuseToPayAgain({ paidElsewhere }: BatchPlan, acceptCommand: string): void {
  const [first] = paidElsewhere;
  if (!first) return;
  throw new UserError(paidElsewhere.map(paidElsewhereText).join('; '), {
    next: [
      `if ${first.to} is the same account, let it be ${first.from} again`,
      `to pay again: ${acceptCommand}`,
    ],
  });
}
