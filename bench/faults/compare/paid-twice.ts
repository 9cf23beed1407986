import type { Entry, Evidence } from './evidence.ts';

/** An equal request may be accepted again only when the job before it failed. */
export function duplicatesIn({ entries, twins }: Evidence): string[] {
  const groups = Map.groupBy(
    entries.filter((entry) => entry.kind !== 'train' && !twins.has(entry)),
    ({ vendor, kind, requestSha }) => `${vendor} ${kind} ${requestSha}`,
  );
  return [...groups.values()]
    .filter((group) => alive(group).length > 1)
    .map((group) => `accepted ${group.length} times: ${group.map(({ id }) => id).join(', ')}`);
}

/** Each training has a model of its own, so that what they were made with tells which are the same. */
export function trainedTwice({ entries, book }: Evidence): string[] {
  const fields = new Map(book.models.map((model) => [model.id, JSON.stringify(model.fields)]));
  const groups = Map.groupBy(
    entries.filter(({ kind }) => kind === 'train'),
    ({ id }) => fields.get(id) ?? id,
  );
  return [...groups.values()]
    .filter((group) => alive(group).length > 1)
    .map(
      (group) =>
        `a training was paid ${group.length} times: ${group.map(({ id }) => id).join(', ')}`,
    );
}

const alive = (group: readonly Entry[]): readonly Entry[] =>
  group.filter(({ state }) => state !== 'failed');
