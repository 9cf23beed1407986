import { Context } from '@temporalio/activity';

/** Well below the activities' heartbeat time limit. */
const beatEveryMs = 2_000;

/**
 * Runs work with a heartbeat of its own, so that a slow vendor is not taken for a dead worker, and hands
 * over the signal that ends with the activity.
 */
export async function withHeartbeat<Result>(
  work: (cancelled: AbortSignal, report: (phase: string) => void) => Promise<Result>,
): Promise<Result> {
  const context = Context.current();
  let phase = 'starting';
  const timer = setInterval(() => context.heartbeat(phase), beatEveryMs);
  try {
    return await work(context.cancellationSignal, (next) => {
      if (next !== phase) context.heartbeat(next);
      phase = next;
    });
  } finally {
    clearInterval(timer);
  }
}

/** Waits, but not longer than until the signal; never rejects. */
export async function pause(ms: number, signal: AbortSignal): Promise<void> {
  if (signal.aborted) return;
  await new Promise<void>((resolve) => {
    const end = (): void => {
      clearTimeout(timer);
      signal.removeEventListener('abort', end);
      resolve();
    };
    const timer = setTimeout(end, ms);
    signal.addEventListener('abort', end);
  });
}

/** The work's result, unless the signal comes first: then its reason is thrown and the work goes on alone. */
export async function orAborted<Result>(
  work: Promise<Result>,
  signal: AbortSignal,
): Promise<Result> {
  const left = new AbortController();
  const aborted = new Promise<never>((_, reject) => {
    const end = (): void => reject(signal.reason);
    if (signal.aborted) end();
    else signal.addEventListener('abort', end, { signal: left.signal });
  });
  try {
    return await Promise.race([work, aborted]);
  } finally {
    left.abort();
  }
}
