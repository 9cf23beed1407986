import type { Fault, SimulatorSettings } from '../../src/simulator/index.ts';
import { Draw } from './draw.ts';
import { drawBatch, type DrawnBatch } from './draw-batch.ts';
import { drawFaults } from './draw-faults.ts';
import { drawIncidents, type Incident } from './draw-incidents.ts';
import type { Focus } from './focus.ts';
import { type Plot, plots } from './plots.ts';

/** Everything that one run of the campaign is, all of it drawn from its seed. */
export interface Scenario extends DrawnBatch {
  readonly seed: number;
  /** With a worker of its own beside the run, or with the run's own. */
  readonly shape: 'alone' | 'company';
  readonly simulator: Partial<SimulatorSettings>;
  readonly faults: readonly Fault[];
  readonly incidents: readonly Incident[];
}

/** `only`: faults and incidents whose names hold this text, and no others. */
export function drawScenario(seed: number, focus: Focus = {}, only?: string): Scenario {
  const draw = new Draw(seed);
  const plot = drawPlot(draw, focus, only);
  const batch = drawBatch(draw, { ...plot?.focus, ...focus });
  const shape = focus.shape ?? plot?.focus.shape ?? (draw.chance(0.4) ? 'company' : 'alone');
  // A plot takes its time; with all that may befall a batch besides, it would not end.
  const count = plot === undefined ? draw.whole(3, 11) : draw.whole(0, 2);
  const isPlotOnly = plot !== undefined && only !== undefined;
  const faults = [
    ...(plot?.faults(draw) ?? []),
    ...(focus.faults ?? (isPlotOnly ? [] : drawFaults(draw, batch.scene, count, only))),
  ];
  const incidents = [
    ...(plot?.incidents(draw) ?? []),
    ...(focus.incidents ?? (plot ? [] : drawIncidents(draw, shape, batch.scene, only))),
  ];
  return {
    seed,
    ...batch,
    shape,
    simulator: {
      seed: `faults-${seed}`,
      images: 'small',
      jobMs: draw.whole(50, 600),
      videoMs: 300,
      trainingMs: draw.whole(200, 1_200),
      downloadMs: 50,
      revealing: focus.revealing ?? draw.chance(0.7),
      listPageSize: draw.pick([3, 10, 50]),
      urlMs: urlLifetime(draw.chance(0.2) ? draw.whole(300, 2_000) : 0, faults),
      clockAheadMs: draw.chance(0.15) ? draw.pick([-3_600_000, -40_000, 40_000, 3_600_000]) : 0,
      ...focus.simulator,
    },
    faults: batch.isPatient ? faults.filter(({ name = '' }) => !endless.has(name)) : faults,
    incidents,
  };
}

/**
 * A file that only one answer named is waited for ten minutes once its URL has expired. That is longer than a
 * run may take, so such a URL stays good.
 */
function urlLifetime(drawnMs: number, faults: readonly Fault[]): number {
  return faults.some(({ kind }) => kind === 'entries-more') ? 0 : drawnMs;
}

/** What lasts as long as the usual limit of a job, by intent: half an hour is longer than a run may take. */
const endless: ReadonlySet<string> = new Set(['job never ends', 'list omits']);

function drawPlot(draw: Draw, focus: Focus, only: string | undefined): Plot | undefined {
  const names = Object.keys(plots);
  const wanted = only === undefined ? undefined : names.filter((name) => name.includes(only));
  const isDrawn = draw.chance(0.2);
  const name = draw.pick(wanted && wanted.length > 0 ? wanted : names);
  if (focus.plot !== undefined) return plots[focus.plot];
  if (focus.faults || focus.incidents) return undefined;
  if (wanted) return wanted.length > 0 ? plots[name] : undefined;
  return isDrawn ? plots[name] : undefined;
}
