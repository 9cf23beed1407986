import { numberForms } from '../../../src/simulator/index.ts';
import type { Kinds } from './kind.ts';

/** Numbers and times in forms that nobody documents. */
export const numbers: Kinds = {
  ...Object.fromEntries(
    numberForms.map((form) => [
      `times: ${form}`,
      {
        draw: (draw) => ({
          kind: 'numbers',
          form,
          match: { call: ['generate', 'check-job', 'list-jobs', 'check-model', 'upload'] },
          probability: draw.whole(20, 60) / 100,
          count: draw.whole(5, 40),
        }),
      } satisfies Kinds[string],
    ]),
  ),
  // Huge ones and fractions are left out: a vendor that says another bill than it charges is not at odds with us.
  'credits in an odd form': {
    draw: (draw) => ({
      kind: 'numbers',
      form: draw.pick(['text', 'negative', 'not-a-number', 'exponent']),
      field: '^(credits(Used)?|tokens_used|generations|tokens_remaining|balanceMicrodollars)$',
      probability: draw.whole(20, 60) / 100,
      count: draw.whole(5, 40),
    }),
  },
  'sizes and counts in an odd form': {
    draw: (draw) => ({
      kind: 'numbers',
      form: draw.pick(numberForms),
      field:
        '^(width|height|progress|percentComplete|estimated_time_seconds|num_images|total|limit|offset|pageSize|page|file_size)$',
      probability: draw.whole(20, 60) / 100,
      count: draw.whole(5, 40),
    }),
  },
};
