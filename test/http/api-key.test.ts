import { describe, expect, it } from 'vitest';
import { readKey } from '../../src/http/api-key.ts';

const read = (value: string | undefined) => readKey('ACME_API_KEY', value);

describe('a key', () => {
  it.each([
    ['a line end', 'sk-1\n'],
    ['the line end of another system', 'sk-1\r\n'],
    ['spaces', '  sk-1\t '],
    ['a byte order mark', '\ufeffsk-1'],
    ['a zero-width space', 'sk-1\u200b'],
    ['a word joiner', '\u2060sk-1\u2060'],
    ['a mark of direction', '\u200esk-1\u202c'],
    ['a space that does not break', '\u00a0sk-1\u00a0'],
    ['a soft hyphen', 'sk-1\u00ad'],
    ['a variation selector', 'sk-1\ufe0f'],
    ['a null', 'sk-1\0'],
  ])('is read without %s around it', (_, value) => {
    expect(read(value)).toEqual({ key: 'sk-1', problem: undefined });
  });

  it.each(['k', 'sk/a+Zq7="vX9"&kW3-B', 'a.b_c~d=='])('may be %s', (value) => {
    expect(read(value).key).toBe(value);
  });

  it.each([undefined, '', ' \n', '\ufeff\u200b'])('is not set when it is %j', (value) => {
    expect(read(value)).toMatchObject({
      key: undefined,
      problem: { isSet: false, why: 'ACME_API_KEY is not set', next: 'export ACME_API_KEY=...' },
    });
  });

  it.each([
    ['sk\nsecret', 'holds a line end, character 3 of 9, which no key has'],
    ['sk secret', 'holds a space, character 3 of 9, which no key has'],
    ['sk\u200bsecret', 'holds an invisible character, character 3 of 9, which no key has'],
    ['sk-s\u00e9cret', 'holds a character outside ASCII, character 5 of 9, which no key has'],
    ['\u0455k-secret', 'holds a character outside ASCII, character 1 of 9, which no key has'],
    ['"sk-secret"', 'has quotation marks around it'],
    ["'sk-secret'", 'has quotation marks around it'],
    ['\u201csk-secret\u201d', 'has quotation marks around it'],
    ['sk-secret"', 'has a quotation mark at an end'],
    ['Bearer sk-secret', 'begins with the words of a header'],
    ['x-api-key: sk-secret', 'begins with the words of a header'],
    ['ACME_API_KEY=sk-secret', 'begins with its own name'],
  ])('is none when it is %j, and the reason does not tell it', (value, why) => {
    const { key, problem } = read(value);
    expect(key).toBeUndefined();
    expect(problem).toMatchObject({ isSet: true, why: `ACME_API_KEY ${why}` });
    expect(JSON.stringify(problem)).not.toMatch(/secret|cret/);
  });
});
