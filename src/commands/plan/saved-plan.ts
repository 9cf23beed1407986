import { UserError } from '../../errors.ts';
import type { PlanLedger } from '../../ledger/port.ts';
import type { PlannedEntry } from './plan-batch.ts';
import { planDifference } from './plan-difference.ts';
import type { PlanDocument, ShotDocument } from '../json/plan.ts';
import { shotJson } from './plan-format.ts';

/** A larger plan keeps only its counts. */
const entriesMax = 10_000;

/** The shots of a plan, saved beside it. */
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

/** Saves the plan for 30 days, so that `run --plan` can report differences. */
export async function savePlan(plans: PlanLedger, plan: PlanDocument): Promise<void> {
  await plans.savePlan(plan.plan, JSON.parse(JSON.stringify(plan)));
}

/**
 * @param acceptCommand accepts the present plan
 * @throws UserError with the differences when the plan is no longer the accepted one
 */
export async function requirePlan(
  plans: PlanLedger,
  accepted: string,
  now: PlanDocument,
  acceptCommand: string,
): Promise<void> {
  if (accepted === now.plan) return;
  const kept = (await plans.savedPlan(accepted)) as PlanDocument | undefined;
  const lines = kept ? planDifference(kept, now) : ['the accepted plan is no longer stored here'];
  throw new UserError(`the plan is no longer ${accepted}: it is ${now.plan}`, {
    next: [...lines, `accept the present plan: ${acceptCommand}`],
  });
}
