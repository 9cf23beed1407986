import type { Stopped } from '../ledger/port.ts';

/** How a stopped chunk waits: a prober for `ms`, the rest until they are called. */
export interface Rest {
  readonly chunk: number;
  readonly ms: number | undefined;
  /** The chunk should check again. */
  readonly isCalled: boolean;
}

interface Waiting extends Rest {
  readonly lookedAt: number;
  /** End of a stop that ends by itself; null: unknown. */
  readonly endsAt: number | null;
  isCalled: boolean;
}

/** Chunks stopped for the same reason, and the one of them that probes. */
interface Group {
  prober: number;
  probeMs: number;
  readonly waiting: Map<number, Waiting>;
}

const probeFirstMs = 60_000;
/** Every chunk claims again at least hourly: another chunk's answer may not apply to it. */
const probeMostMs = 3_600_000;
/** Reasons that stop every shot of a batch. */
const ofWholeBatch = new Set<Stopped['reason']['kind']>(['paused', 'maxFailures']);

/**
 * The stopped chunks of a shard. Of those with one reason, one probes: at the end of the stop, or
 * at growing intervals if the end is unknown. Only the prober costs timers. If it stops for another
 * reason, the next chunk takes its place. Each time the prober meets the same reason, it calls one
 * chunk whose own block is over (a block may be of one model only). It also calls those that would
 * otherwise wait more than an hour.
 */
export class StoppedChunks {
  readonly #groups = new Map<string, Group>();

  /** A claim succeeded, or the wait is over: all chunks check again, except the probers, whose timers run. */
  open(): void {
    for (const { waiting } of this.#groups.values())
      for (const each of waiting.values()) call(each);
    this.#groups.clear();
  }

  /** A message came, and all waiting chunks check again because of it. Resets the probe intervals. */
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

  /**
   * A prober that meets another reason says nothing about the first: the longest-waiting chunk
   * checks at once.
   */
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

/** The chunks are in the order of their last check. */
function callSome(waiting: ReadonlyMap<number, Waiting>, now: number, nextMs: number): void {
  let isFirst = true;
  for (const each of waiting.values()) {
    const isOver = each.endsAt !== null && each.endsAt <= now;
    if (now + nextMs - each.lookedAt > probeMostMs || (isFirst && isOver)) call(each);
    if (isOver) isFirst = false;
  }
}
