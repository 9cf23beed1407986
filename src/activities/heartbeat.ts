import { Context } from '@temporalio/activity';

/** Well below the activities' heartbeat time limit. */
const beatEveryMs = 2_000;

/**
 * Runs work with its own heartbeat, so that a slow vendor does not look like a dead worker. Passes
 * on the activity's cancellation signal.
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

/** Waits until the time is over or the signal aborts; never rejects. */
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

/** Returns the work's result. If the signal aborts first, throws its reason; the work goes on by itself. */
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
