import { Context } from '@temporalio/activity';

/** Well below the activities' heartbeat time limit. */
const beatEveryMs = 2_000;

/**
 * Runs work with a heartbeat of its own, so that a slow vendor is not taken for a dead worker, and hands
 * over the signal that ends with the activity.
 */
export async function lively<Result>(
  work: (cancelled: AbortSignal, tell: (phase: string) => void) => Promise<Result>,
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
