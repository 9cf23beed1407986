import { z } from 'zod';
import type { Api } from '../api.ts';
import { listIn, readList } from '../lists.ts';
import type { Listing } from '../port.ts';

const words = z.looseObject({
  tag: z.unknown().optional(),
  id: z.unknown().optional(),
  name: z.unknown().optional(),
  title: z.unknown().optional(),
});

/** The shape of an entry is not documented: a text or an object with one of these fields. */
const preset = z
  .union([
    z
      .string()
      .min(1)
      .transform((tag) => ({ tag })),
    words,
  ])
  .transform(({ tag, id, name, title }: z.infer<typeof words>, context) => {
    const text = (...parts: readonly unknown[]): string | undefined =>
      parts.find((part): part is string => typeof part === 'string' && part !== '');
    const key = text(tag, id, name);
    if (key !== undefined) return { id: key, name: text(name, title) ?? key };
    context.addIssue({ code: 'custom', message: 'has no tag' });
    return z.NEVER;
  });

/** Accepts a bare list or a list in an object. */
export async function listPresets(api: Api): Promise<Listing<{ id: string; name: string }>> {
  const answer = z.looseObject({ result: z.unknown().optional() });
  const { result } = await api({ method: 'GET', path: '/presets', answer });
  return readList(listIn(result), preset);
}
