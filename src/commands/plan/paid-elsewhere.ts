import { accountName, originOf } from '../../batch/ids.ts';
import { UserError } from '../../errors.ts';
import { isInsideAddress } from '../../http/address.ts';
import type { Project } from '../project/project.ts';
import type { BatchPlan, PlannedEntry } from './plan-batch.ts';

/** Shots of one account that would be paid for a second time at another. */
export interface PaidElsewhere {
  /** Names of accounts, with their addresses where the names are equal. */
  readonly from: string;
  readonly to: string;
  readonly shots: number;
}

/**
 * Finds shots that are new at their account and paid for at another, which the batch no longer names and
 * which may be the same one: by its address under another name, or by its name at another address.
 */
export class PaidElsewhereSearch {
  readonly #project: Project;
  readonly #known: readonly string[];
  readonly #used = new Set<string>();
  readonly #found = new Map<string, number>();

  constructor(project: Project, known: readonly string[]) {
    this.#project = project;
    this.#known = known;
  }

  static async of(project: Project, batch: string): Promise<PaidElsewhereSearch> {
    return new PaidElsewhereSearch(project, await project.ledger.plans.accountsOf(batch, 'all'));
  }

  async look(entries: readonly PlannedEntry[]): Promise<void> {
    for (const { shot } of entries) this.#used.add(shot.account);
    const wanted = entries.filter(({ status, expected }) => status === 'new' && !expected);
    for (const [account, group] of Map.groupBy(wanted, ({ shot }) => shot.account)) {
      const fingerprints = group.map(({ shot }) => shot.fingerprint);
      for (const other of this.#known) {
        if (other === account || !mayBeSame(other, account)) continue;
        const states = [...(await this.#project.ledger.plans.lookup(other, fingerprints)).values()];
        const paid = states.filter((state) => state === 'cached' || state === 'inFlight').length;
        const pair = `${other} ${account}`;
        this.#found.set(pair, (this.#found.get(pair) ?? 0) + paid);
      }
    }
  }

  /** To be read when all shots were looked at. */
  get list(): readonly PaidElsewhere[] {
    return [...this.#found].flatMap(([pair, shots]) => {
      const [from = '', to = ''] = pair.split(' ');
      if (shots === 0 || this.#used.has(from)) return [];
      if (accountName(from) === accountName(to)) return [{ from, to, shots }];
      return [{ from: accountName(from), to: accountName(to), shots }];
    });
  }
}

/** A simulator's work is never the vendor's, nor that of a simulator which was started anew elsewhere. */
function mayBeSame(before: string, now: string): boolean {
  const [old, current] = [new URL(originOf(before)), new URL(originOf(now))];
  if (old.origin === current.origin) return true;
  const isSimulator = isInside(old) && !(isInside(current) && old.port === current.port);
  return accountName(before) === accountName(now) && !isSimulator;
}

function isInside({ hostname }: URL): boolean {
  return hostname === 'localhost' || isInsideAddress(hostname.replaceAll(/^\[|\]$/g, ''));
}

export function paidElsewhereText({ from, to, shots }: PaidElsewhere): string {
  const are = shots === 1 ? '1 shot is' : `${shots} shots are`;
  return `${are} paid for at the account ${from}, and would be paid for again at ${to}`;
}

/** @throws UserError when the plan pays for anything again, and nobody has seen that it does */
export function refuseToPayAgain({ id, paidElsewhere }: BatchPlan, runCommand: string): void {
  const [first] = paidElsewhere;
  if (!first) return;
  throw new UserError(paidElsewhere.map(paidElsewhereText).join('; '), {
    next: [
      `if ${first.to} is the same account, let it be ${first.from} again`,
      `to pay again: ${runCommand} --plan ${id}`,
    ],
  });
}
