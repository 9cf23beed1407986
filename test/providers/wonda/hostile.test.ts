import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { Json } from '../../../src/json.ts';
import { nothingLearned } from '../../../src/providers/port.ts';
import { wonda } from '../../../src/providers/wonda/index.ts';
import { startOf } from '../requests.ts';

const json = fc.jsonValue({ maxDepth: 3 }) as fc.Arbitrary<Json>;

/** JSON Schemas, and what only looks like one. */
const schema = fc.letrec<{ node: Json }>((tie) => ({
  node: fc.oneof(
    { depthSize: 'small' },
    json,
    fc.record(
      {
        type: fc.oneof(
          fc.constantFrom(
            'string',
            'number',
            'integer',
            'boolean',
            'array',
            'object',
            'null',
            'odd',
          ),
          fc.constant(['string', 'null']),
        ),
        enum: fc.array(json, { maxLength: 3 }),
        default: json,
        minimum: json,
        maximum: json,
        pattern: fc.constantFrom('^a$', '(', '[a-'),
        items: tie('node'),
        anyOf: fc.array(tie('node'), { maxLength: 2 }),
        $ref: fc.constantFrom('#', '#/nowhere', 'https://example.com/schema'),
        properties: fc.dictionary(
          fc.constantFrom('duration', 'aspectRatio', 'mode', '__proto__', 'constructor', ''),
          tie('node'),
        ),
        required: fc.array(fc.constantFrom('mode', 'duration'), { maxLength: 2 }),
      },
      { requiredKeys: [] },
    ) as fc.Arbitrary<Json>,
  ),
})).node;

const entry = fc.record(
  {
    key: fc.constantFrom('sora2', 'nano-banana-2', 'new', '__proto__'),
    description: json,
    attachments: fc.oneof(json, fc.array(fc.string(), { maxLength: 3 })),
    params: schema,
  },
  { requiredKeys: ['key'] },
) as fc.Arbitrary<Json>;

describe('a live list', () => {
  it('of any shape leaves the published models and breaks nothing', () => {
    const section = fc.oneof(json, fc.array(entry, { maxLength: 3 }));
    const list = fc.record({ image: section, video: section, text: section });
    const published = wonda.offer({}, nothingLearned).models.map(({ id }) => id);
    fc.assert(
      fc.property(list, json, (generation, value) => {
        const models = { generation } as Json;
        const offer = wonda.offer({}, { ...nothingLearned, models });
        expect(offer.models.map(({ id }) => id)).toEqual(expect.arrayContaining(published));
        for (const model of offer.models) {
          const { request } = startOf(model.id, { options: { mode: value }, duration: 3 });
          for (const { field, message } of model.check?.(request) ?? [])
            expect([field, message].every((text) => text.length > 0)).toBe(true);
        }
      }),
      { numRuns: 150 },
    );
  });
});
