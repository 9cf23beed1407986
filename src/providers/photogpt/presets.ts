import { z } from 'zod';
import type { Api } from '../api.ts';
import { listIn } from '../lists.ts';

/** No page describes this answer: a list of texts or of objects, bare or in an object, is understood. */
export async function listPresets(api: Api): Promise<{ id: string; name: string }[]> {
  const answer = z.looseObject({ result: z.unknown().optional() });
  const { result } = await api({ method: 'GET', path: '/presets', answer });
  return (listIn(result) ?? []).flatMap(presetOf);
}

function presetOf(entry: unknown): { id: string; name: string }[] {
  if (typeof entry === 'string') return [{ id: entry, name: entry }];
  if (entry === null || typeof entry !== 'object') return [];
  const { tag, id, name, title } = entry as Record<string, unknown>;
  const key = [tag, id, name].find((part) => typeof part === 'string' && part !== '');
  if (typeof key !== 'string') return [];
  const shown = [name, title].find((part) => typeof part === 'string' && part !== '');
  return [{ id: key, name: typeof shown === 'string' ? shown : key }];
}
