import { UserError } from '../../errors.ts';
import type { PlanLedger } from '../../ledger/port.ts';
import type { PlannedEntry } from './plan-batch.ts';
import { planDifference } from './plan-difference.ts';
import { type PlanDocument, type ShotDocument, shotJson } from './plan-format.ts';

/** Of a larger plan only the counts are kept. */
const entriesMax = 10_000;

/** The shots of a plan, as they are kept beside it. */
export class SavedEntries {
  #list: ShotDocument[] | undefined = [];

  add(entry: PlannedEntry): void {
    this.#list?.push(shotJson(entry));
    if ((this.#list?.length ?? 0) > entriesMax) this.#list = undefined;
  }

  /** Undefined when there are too many. */
  get list(): readonly ShotDocument[] | undefined {
    return this.#list;
  }
}

/** For 30 days, so that `run --plan` can say what has become different. */
export async function savePlan(plans: PlanLedger, plan: PlanDocument): Promise<void> {
  await plans.savePlan(plan.plan, JSON.parse(JSON.stringify(plan)));
}

/** @throws UserError with what differs, when the plan is no longer the one that was accepted */
export async function requirePlan(
  plans: PlanLedger,
  accepted: string,
  now: PlanDocument,
  runCommand: string,
): Promise<void> {
  if (accepted === now.plan) return;
  const kept = (await plans.savedPlan(accepted)) as PlanDocument | undefined;
  const lines = kept ? planDifference(kept, now) : ['the other one is not known here any more'];
  throw new UserError(`the plan is no longer ${accepted}: it is ${now.plan}`, {
    next: [...lines, `accept it as it is now: ${runCommand} --plan ${now.plan}`],
  });
}
