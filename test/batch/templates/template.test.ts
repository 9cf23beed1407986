import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { compileTemplate, SourceMarker } from '../../../src/batch/templates/template.ts';

const source = new SourceMarker({ name: 'still-1', step: 'stills' });
const scope = {
  title: 'Mug',
  gap: '',
  nothing: null,
  count: 7,
  no: false,
  list: ['a', 'b'],
  ...{
    record: {
      a: 1,
      b: '',
    },
    place: {
      city: '',
      land: 'NO',
    },
    source,
    refs: 'a|b',
  },
};

function render(text: string, values: Record<string, unknown> = scope): unknown {
  const template = compileTemplate(text);
  if ('error' in template) return `cannot compile: ${template.error}`;
  const rendered = template.render(values);
  return rendered.ok ? rendered.value : `${rendered.reason} ${rendered.variable}`;
}

describe('compileTemplate', () => {
  it.each<[string, unknown]>([
    ['{{ title }} on marble', 'Mug on marble'],
    ['{{ count }}', 7],
    [' {{ count }}\n', 7],
    ['{{ list }}', ['a', 'b']],
    ['{{ record }}', { a: 1, b: '' }],
    ['{{ source }}', source],
    ['{{ photo | default: source }}', source],
    ['{{ source.name }}!', 'still-1!'],
    ["{{ refs | split: '|' }}", ['a', 'b']],
    ['{{ count | plus: 100 }}', 107],
    ['{{ no | default: 3 }}', false],
    ['{{ gap | default: 3 }}', 3],
    ['{{ gap | optional }}', undefined],
    ['a{{ nothing | optional }}b', 'ab'],
    ['{% if gap %}yes{% else %}no{% endif %}', 'no'],
    ['{% if place.city %}yes{% endif %}', undefined],
    ['{% raw %}{{ x }}{% endraw %}', '{{ x }}'],
    ['"brand": {{ title | json }}', '"brand": "Mug"'],
    ["{{ 'Tea towel, Blå' | slugify }}", 'tea-towel-blå'],
    ['{% for x in list %}{{ x }};{% endfor %}', 'a;b;'],
  ])('renders %s', (text, value) => {
    expect(render(text)).toEqual(value);
  });

  it.each([
    ['{{ gap }} on marble', 'blank gap'],
    ['{{ nothing | upcase }}', 'blank nothing'],
    ['{{ place.city }}', 'blank place.city'],
    ['x {{ list }}', 'list list'],
    ['x {{ record }}', 'record record'],
    ['x {{ source }}', 'source source'],
    ["{{ source | append: 'x' }}", 'source source'],
    ['{{ title | times: 2 }}', 'error title'],
    ['{{ title | append: list }}', 'error title'],
  ])('refuses %s', (text, refusal) => {
    expect(render(text)).toBe(refusal);
  });

  it.each([
    ['{{ Product Name }}', 'Product Name is not one value'],
    ['{{ title | upcas }}', 'did you mean upcase?'],
    ['{{ title | date }}', 'there is no filter date'],
    ["{% include 'x' %}", 'there is no tag include'],
    ['{{ title', 'not closed'],
  ])('does not compile %s', (text, reason) => {
    expect(render(text)).toContain(reason);
  });

  it('tells the names that it reads, also those of conditions, and those that it prints', () => {
    const template = compileTemplate('{% if typo %}{{ place.city | append: x }}{% endif %}');
    expect(template).toMatchObject({
      names: [['typo'], ['place', 'city'], ['x']],
      prints: [['place', 'city'], ['x']],
    });
  });

  it('never reads data as a template', () => {
    const braces = fc.string({ unit: fc.constantFrom('{', '}', '%', ' ', 'title', '"', '\n') });
    fc.assert(
      fc.property(braces, (data) => {
        fc.pre(data !== '');
        expect(render('{{ x }}', { x: data, title: 'Mug' })).toBe(data);
        expect(render('a {{ x }} b', { x: data, title: 'Mug' })).toBe(`a ${data} b`);
      }),
    );
  });
});
