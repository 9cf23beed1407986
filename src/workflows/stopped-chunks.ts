import type { Stopped } from '../ledger/port.ts';

/** How a stopped chunk waits: its prober for so long, the others until they are called. */
export interface Rest {
  readonly chunk: number;
  readonly ms: number | undefined;
  /** It is worth looking again. */
  readonly isCalled: boolean;
}

interface Waiting extends Rest {
  readonly lookedAt: number;
  /** When what stopped it is over by itself. */
  readonly endsAt: number | null;
  isCalled: boolean;
}

/** Chunks that were stopped for the same reason, and the one of them that looks again. */
interface Group {
  prober: number;
  probeMs: number;
  readonly waiting: Map<number, Waiting>;
}

const probeFirstMs = 60_000;
/** Every chunk claims again at least hourly: the answer to another may not apply to it. */
const probeMostMs = 3_600_000;
/** What stops every shot of a batch alike. */
const ofWholeBatch = new Set<Stopped['reason']['kind']>(['paused', 'maxFailures']);

/**
 * The stopped chunks of a shard. Of those with one reason, one probes when that reason is over, or at
 * growing intervals where nobody can tell; it alone costs timers. When it is stopped for another reason,
 * the next one takes its place. Each time it meets the same one, it calls one whose own block is over (a
 * block may be of one model only), and those that would else not look within the hour.
 */
export class StoppedChunks {
  readonly #groups = new Map<string, Group>();

  /** Something went through, or nobody waits any more: all look again but the probers, who do in time. */
  open(): void {
    for (const { waiting } of this.#groups.values())
      for (const each of waiting.values()) call(each);
    this.#groups.clear();
  }

  /** A message came; who waits looks again because of it. */
  wake(): void {
    for (const group of this.#groups.values()) group.probeMs = probeFirstMs;
  }

  rest(chunk: number, { reason, endsInMs }: Omit<Stopped, 'kind'>, now: number): Rest {
    const why = JSON.stringify(reason);
    this.#leave(chunk, why);
    const group = this.#groups.get(why);
    if (group && group.prober !== chunk) {
      const endsAt = endsInMs === null ? null : now + endsInMs;
      const waiting = { chunk, ms: undefined, isCalled: false, lookedAt: now, endsAt };
      group.waiting.set(chunk, waiting);
      return waiting;
    }
    const { probeMs, waiting } = group ?? { probeMs: probeFirstMs, waiting: new Map() };
    const nextProbeMs = endsInMs === null ? Math.min(probeMostMs, probeMs * 2) : probeMs;
    this.#groups.set(why, { prober: chunk, probeMs: nextProbeMs, waiting });
    const ms = Math.min(probeMostMs, endsInMs ?? probeMs);
    if (!ofWholeBatch.has(reason.kind)) callSome(waiting, now, ms);
    return { chunk, ms, isCalled: false };
  }

  /** A prober that meets another reason says nothing of the one before: the longest waiting looks at once. */
  #leave(chunk: number, why: string): void {
    for (const [reason, group] of this.#groups) {
      group.waiting.delete(chunk);
      if (group.prober !== chunk || reason === why) continue;
      const [next] = group.waiting.values();
      if (next) {
        group.prober = next.chunk;
        group.waiting.delete(next.chunk);
        call(next);
      } else this.#groups.delete(reason);
    }
  }
}

function call(waiting: Waiting): void {
  waiting.isCalled = true;
}

/** They are in the order in which they looked last. */
function callSome(waiting: ReadonlyMap<number, Waiting>, now: number, nextMs: number): void {
  let isFirst = true;
  for (const each of waiting.values()) {
    const isOver = each.endsAt !== null && each.endsAt <= now;
    if (now + nextMs - each.lookedAt > probeMostMs || (isFirst && isOver)) call(each);
    if (isOver) isFirst = false;
  }
}
