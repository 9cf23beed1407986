import { isCancellation, sleep } from '@temporalio/workflow';
import type { OrphanedWork } from '../activities/orphans.ts';
import type { RunInput } from '../activities/own-work.ts';
import { atAccount } from './activity-options.ts';

/**
 * Collects orphaned work, at all accounts concurrently. An account without a worker delays no
 * batch: its work waits for the next run.
 */
export class OrphanCollection {
  readonly #input: RunInput;
  /** By account. */
  readonly #underWay = new Map<string, Promise<void>>();
  #cancelled: { readonly error: unknown } | undefined;

  constructor({ batch, run, ledgerId }: RunInput) {
    this.#input = { batch, run, ledgerId };
  }

  /** Starts collection at the accounts where it is not under way yet. */
  collect(places: readonly OrphanedWork[]): void {
    for (const place of places) {
      if (this.#underWay.has(place.account)) continue;
      const collecting = this.#collectAt(place)
        .catch((error: unknown) => {
          if (isCancellation(error)) this.#cancelled = { error };
        })
        .finally(() => this.#underWay.delete(place.account));
      this.#underWay.set(place.account, collecting);
    }
  }

  /** @throws CancelledFailure */
  async untilCollected(): Promise<void> {
    while (this.#underWay.size > 0) await Promise.all(this.#underWay.values());
    const cancelled = this.#cancelled;
    this.#cancelled = undefined;
    if (cancelled) throw cancelled.error;
  }

  async #collectAt({ lane, account, accountName }: OrphanedWork): Promise<void> {
    const { runShots } = atAccount(accountName, `collect at ${accountName}`, '30 seconds');
    for (;;) {
      const range = { lane, account, from: 0, to: 0, reportAfterMs: null };
      const result = await runShots({ ...this.#input, ...range });
      if (result.kind === 'done' || result.kind === 'stopped') return;
      if (result.kind === 'wait') await sleep(result.ms);
    }
  }
}
