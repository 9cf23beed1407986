import { formatAmount } from '../../money.ts';
import { openNotes, policyNotes } from './batch-notes.ts';
import { lookUpAccount, lookUpModel } from '../catalogue-lookup.ts';
import type { BatchDocument } from '../file/document.ts';
import {
  type ExpansionContext,
  type StepExpansion,
  openStep,
  uniqueProblems,
} from '../expansion/expand.ts';
import type { MediaKind } from '../model-spec.ts';
import { foldName, isExtraName, outputName } from '../names.ts';
import { ReferenceCounts } from './reference-counts.ts';
import { type Mistake, problemAt } from '../file/problem-at.ts';
import type { Problem } from '../problem.ts';
import type { PlannedShot, SourceOutput } from '../shot.ts';
import { vendorRefusal } from './vendor-refusals.ts';

const problemsPerStageMax = 20;
const rowsShown = 3;

/** Number of shots of a step. With `upTo`, decisions or failures upstream may reduce it. */
export interface StepCount {
  readonly step: string;
  readonly shots: number;
  readonly upTo: boolean;
  readonly cells: number;
  readonly dropped: number;
  readonly factors: StepExpansion['factors'];
}

/**
 * Finds every mistake before anything is sent, stage by stage: budget and models, steps, then each
 * shot. A step with an error skips its later stages; so do the steps that read it. Without errors,
 * the batch can run.
 */
export function checkBatch(document: BatchDocument, context: ExpansionContext): Problem[] {
  const expansions = new Map<string, StepExpansion>();
  for (const step of document.steps)
    expansions.set(step.name, openStep(document, step.name, context));
  const general = [
    ...checkBudget(document, context),
    ...checkModels(document, context),
    ...policyNotes(document),
  ];
  const opened = document.steps.flatMap((step) => expansions.get(step.name)?.problems ?? []);
  const healthy = new Set<string>();
  const counts = new ReferenceCounts(document, context.catalogue);
  const shotProblems: Problem[] = [];
  for (const step of document.steps) {
    const expansion = expansions.get(step.name) as StepExpansion;
    const readsBroken = step.from?.some((name) => !healthy.has(name)) ?? false;
    if (readsBroken || hasError(expansion.problems)) continue;
    const notes = openNotes(document, step, context.catalogue);
    const see = (shot: PlannedShot): Problem | undefined => {
      notes.see(shot);
      counts.see(shot);
      return vendorRefusal(document, context.catalogue, shot);
    };
    const sources = expectedSources(expansion, expansions);
    const found = [...checkShots(document, expansion, sources, see), ...notes.notes()];
    shotProblems.push(...found);
    if (!hasError(found)) healthy.add(step.name);
  }
  const early = uniqueProblems([...general, ...opened]);
  return [...limited(early), ...limited([...shotProblems, ...counts.problems()])];
}

/** Counts the shots of every correct step, as if everything upstream succeeded. */
export function countShots(document: BatchDocument, context: ExpansionContext): StepCount[] {
  const expansions = new Map<string, StepExpansion>();
  return document.steps.map((step) => {
    const expansion = openStep(document, step.name, context);
    expansions.set(step.name, expansion);
    for (const _ of expansion.shots(expectedSources(expansion, expansions)));
    const { tally, factors } = expansion;
    return { step: step.name, upTo: step.from !== undefined, ...tally, factors };
  });
}

/**
 * The expected outputs that a step will read, before they exist: one per file of each upstream
 * shot. Their bytes are not known, so their fingerprints mean nothing.
 */
export function* expectedSources(
  expansion: StepExpansion,
  expansions: ReadonlyMap<string, StepExpansion>,
): Generator<SourceOutput> {
  for (const name of expansion.step.from ?? []) {
    const upstream = expansions.get(name);
    if (!upstream) continue;
    for (const expanded of upstream.shots(expectedSources(upstream, expansions)))
      if ('shot' in expanded) yield* expectedOutputs(expanded.shot);
  }
}

const mimeOf: Record<MediaKind, string> = {
  image: 'image/png',
  video: 'video/mp4',
  vector: 'image/svg+xml',
  audio: 'audio/mpeg',
  text: 'text/plain',
};

function* expectedOutputs(shot: PlannedShot): Generator<SourceOutput> {
  const count = shot.request.outputs ?? 1;
  for (let index = 0; index < count; index++) {
    yield {
      submission: `expected:${shot.key}`,
      index,
      sha256: `expected:${shot.key}:${index}`,
      mime: mimeOf[shot.makes],
      name: outputName(shot.name, index, count),
      shot: { ...shot, prompt: shot.request.prompt },
    };
  }
}

function hasError(problems: readonly Problem[]): boolean {
  return problems.some(({ severity }) => severity === 'error');
}

function checkBudget(document: BatchDocument, { catalogue }: ExpansionContext): Problem[] {
  return Object.entries(document.budget).flatMap(([name, { amount, unit }]) => {
    const path = ['budget', name];
    const found = lookUpAccount(catalogue, name, path);
    if (!found.ok) return [problemAt(document, { ...found.mistake, at: 'key' })];
    if (found.account.unit === unit) return [];
    const mistake: Mistake = {
      path,
      message: `${name} bills in ${found.account.unit}, not in ${unit}`,
      hint: `write a number of ${found.account.unit}; ${formatAmount(amount, unit)} is not converted`,
    };
    return [problemAt(document, mistake)];
  });
}

function checkModels(document: BatchDocument, { catalogue }: ExpansionContext): Problem[] {
  return Object.keys(document.models).flatMap((name) => {
    const found = lookUpModel(document, catalogue, name, ['models', name]);
    return found.ok ? [] : [problemAt(document, found.mistake)];
  });
}

/**
 * One full pass over a step: groups equal faulty shots, and finds names that two shots share.
 * @param see receives every other shot and returns any further problem
 */
function checkShots(
  document: BatchDocument,
  expansion: StepExpansion,
  sources: Iterable<SourceOutput>,
  see: (shot: PlannedShot) => Problem | undefined,
): Problem[] {
  const faults = new Map<string, { problem: Problem; origins: Set<string>; shots: number }>();
  const origins = new Map<string, { origin: string; name: string }>();
  const clashes: Problem[] = [];
  const add = (problem: Problem, origin: string): void => {
    const key = JSON.stringify([problem.path, problem.message]);
    const fault = faults.get(key) ?? { problem, origins: new Set(), shots: 0 };
    fault.shots += 1;
    if (fault.origins.size <= rowsShown) fault.origins.add(origin);
    faults.set(key, fault);
  };
  for (const expanded of expansion.shots(sources)) {
    if ('problem' in expanded) {
      add(expanded.problem, expanded.origin);
      continue;
    }
    const { shot } = expanded;
    const problem = see(shot);
    if (problem) add(problem, shot.origin);
    const clash = findClash(document, shot, origins);
    if (clash && clashes.length <= problemsPerStageMax) clashes.push(clash);
  }
  const grouped = [...faults.values()].map((fault) => ({
    ...fault.problem,
    context: [fault.problem.context, rowsText(fault)].filter(Boolean).join('; '),
  }));
  return [...grouped, ...clashes, ...expansion.notes()];
}

function rowsText({ origins, shots }: { origins: ReadonlySet<string>; shots: number }): string {
  const shown = [...origins].slice(0, rowsShown).join(', ');
  const more = origins.size > rowsShown ? ' and more' : '';
  return shots === 1 ? shown : `${shots} shots: ${shown}${more}`;
}

/**
 * Each file name of the shot must be unique in its step, ignoring letter case. It must also differ
 * from the names of extra files.
 */
function findClash(
  document: BatchDocument,
  shot: PlannedShot,
  origins: Map<string, { origin: string; name: string }>,
): Problem | undefined {
  const count = shot.request.outputs ?? 1;
  if (isExtraName(shot.name))
    return problemAt(
      document,
      {
        path: ['steps', shot.step, 'name'],
        message: `a shot is called ${shot.name}, a name that is reserved for extra files`,
        hint: `it comes from ${shot.origin}; a vendor may deliver more files than were asked for`,
        advice: ['give the step a name that does not end in --extra- and a number'],
      },
      `step ${shot.step}`,
    );
  let clash: Problem | undefined;
  for (let index = 0; index < count; index++) {
    const name = outputName(shot.name, index, count);
    const folded = foldName(name);
    const earlier = origins.get(folded);
    if (!earlier) {
      origins.set(folded, { origin: shot.origin, name });
      continue;
    }
    clash ??= problemAt(
      document,
      {
        path: ['steps', shot.step, 'name'],
        message: `two shots are called ${name}`,
        hint: `they come from ${earlier.origin} and ${shot.origin}; letter case and special characters do not count`,
        advice: ['give the step a name that tells them apart:  name: "{{ … }} {{ … }}"'],
      },
      `step ${shot.step}`,
    );
  }
  return clash;
}

/** The first twenty problems by position, and the number of the rest. Errors come before notes. */
function limited(problems: readonly Problem[]): Problem[] {
  const byPlace = problems.toSorted(
    (a, b) =>
      Number(a.severity === 'note') - Number(b.severity === 'note') ||
      a.place.file.localeCompare(b.place.file, 'en') ||
      a.place.line - b.place.line ||
      a.place.column - b.place.column,
  );
  const shown = byPlace.slice(0, problemsPerStageMax);
  const last = shown.at(-1);
  const more = problems.length - shown.length;
  if (!last || more === 0) return shown;
  const advice = [...(last.advice ?? []), `${more} more of this kind; fix these first`];
  return [...shown.slice(0, -1), { ...last, advice }];
}
