import { UserError } from '../../errors.ts';
import { accountName, originOf } from '../../batch/ids.ts';
import type { Project } from '../project/project.ts';
import type { BatchPlan, PlannedEntry } from './plan-batch.ts';

/** Shots of one account that would be paid for a second time at another. */
export interface PaidElsewhere {
  /** Names of accounts. */
  readonly from: string;
  readonly to: string;
  readonly shots: number;
}

/**
 * Finds shots that are new at their account and paid for at another with the same address, which the batch
 * no longer names: mostly one account that was given another name.
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
        if (other === account || originOf(other) !== originOf(account)) continue;
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
      return [{ from: accountName(from), to: accountName(to), shots }];
    });
  }
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
      `if ${first.to} is the same account, let it keep the name ${first.from}`,
      `to pay again: ${runCommand} --plan ${id}`,
    ],
  });
}
