import type { PlanDocument, ShotDocument } from '../json/plan.ts';

const shown = 5;

/**
 * Differences between a saved plan and the current one, one per line. The list stays short for
 * plans of any size.
 */
export function planDifference(kept: PlanDocument, now: PlanDocument): string[] {
  return [
    ...costLines(kept, now),
    ...(kept.entries && now.entries ? shotLines(kept.entries, now.entries) : stepLines(kept, now)),
  ];
}

function costLines(kept: PlanDocument, now: PlanDocument): string[] {
  const names = new Set([...kept.cost, ...now.cost].map(({ account }) => account));
  return [...names].flatMap((name) => {
    const [before, after] = [kept, now].map(({ cost }) => {
      const found = cost.find(({ account }) => account === name);
      return found ? `${found.amount ?? 'an unknown amount of'} ${found.unit}` : 'nothing';
    });
    return before === after ? [] : [`cost at ${name}: ${after}, it was ${before}`];
  });
}

function stepLines(kept: PlanDocument, now: PlanDocument): string[] {
  const names = new Set([...kept.steps, ...now.steps].map(({ step }) => step));
  return [...names].flatMap((name) => {
    const [before = 0, after = 0] = [kept, now].map(
      ({ steps }) => steps.find(({ step }) => step === name)?.shots,
    );
    return before === after ? [] : [`${name}: ${after} shots, it was ${before}`];
  });
}

function shotLines(kept: readonly ShotDocument[], now: readonly ShotDocument[]): string[] {
  const before = new Map(kept.map((shot) => [shot.key, shot]));
  const after = new Map(now.map((shot) => [shot.key, shot]));
  const changed = now.flatMap((shot) => {
    const earlier = before.get(shot.key);
    const what = earlier && changeOf(earlier, shot);
    return what === undefined ? [] : [`${shot.key} (${what})`];
  });
  return [
    ...listed(
      'added',
      [...after.keys()].filter((key) => !before.has(key)),
    ),
    ...listed(
      'gone',
      [...before.keys()].filter((key) => !after.has(key)),
    ),
    ...listed('changed', changed),
  ];
}

function changeOf(before: ShotDocument, after: ShotDocument): string | undefined {
  if (before.fingerprint !== after.fingerprint) return 'another request';
  if (before.status !== after.status) return `${after.status}, it was ${before.status}`;
  if (before.price !== after.price) return `${after.price ?? '?'}, it was ${before.price ?? '?'}`;
  return undefined;
}

function listed(what: string, shots: readonly string[]): string[] {
  if (shots.length === 0) return [];
  const rest = shots.length > shown ? `, and ${shots.length - shown} more` : '';
  return [`${what}: ${shots.slice(0, shown).join(', ')}${rest}`];
}
