import { type Moment, moments } from '../../src/activities/moments.ts';
import type { Draw } from './scenario.ts';

/** What befalls our own processes, and when. */
export type Incident =
  /** -9, once the simulator has accepted so many requests. */
  | { readonly kind: 'kill'; readonly victim: Victim; readonly accepted: number }
  /** The worker dies at the nth time that it reaches a moment. */
  | { readonly kind: 'die-at'; readonly moment: Moment; readonly nth: number }
  /** SIGSTOP at a moment, woken after it was long declared dead. */
  | { readonly kind: 'suspend'; readonly moment: Moment; readonly nth: number; readonly ms: number }
  /** The process's clock jumps. */
  | { readonly kind: 'clock'; readonly moment: Moment; readonly nth: number; readonly byMs: number }
  /** Another process holds the ledger's write lock. */
  | { readonly kind: 'ledger-locked'; readonly accepted: number; readonly ms: number }
  /** No file may grow. */
  | { readonly kind: 'disk-full'; readonly accepted: number; readonly ms: number };
export type Victim = 'run' | 'worker' | 'server';

export function drawIncidents(draw: Draw, shape: 'alone' | 'company', shots: number): Incident[] {
  const incidents: Incident[] = [];
  const accepted = (): number => draw.whole(0, Math.max(1, Math.floor(shots * 0.8)));
  const victims: readonly Victim[] =
    shape === 'company' ? ['run', 'worker', 'server'] : ['run', 'server'];
  if (draw.chance(0.35))
    incidents.push({ kind: 'kill', victim: draw.pick(victims), accepted: accepted() });
  if (draw.chance(0.45))
    incidents.push({ kind: 'die-at', moment: draw.pick(moments), nth: draw.whole(1, 6) });
  if (draw.chance(0.15))
    incidents.push({
      kind: 'suspend',
      moment: draw.pick(['claimed', 'sending', 'answered']),
      nth: draw.whole(1, 4),
      ms: draw.whole(6_000, 25_000),
    });
  if (draw.chance(0.15))
    incidents.push({
      kind: 'clock',
      moment: draw.pick(moments),
      nth: draw.whole(1, 6),
      byMs: draw.pick([-20_000, -3_000, 10_000, 3_600_000]),
    });
  if (draw.chance(0.12))
    incidents.push({ kind: 'ledger-locked', accepted: accepted(), ms: draw.whole(500, 4_000) });
  if (draw.chance(0.12))
    incidents.push({ kind: 'disk-full', accepted: accepted(), ms: draw.whole(500, 3_000) });
  return incidents;
}
