import { describe, expect, it } from 'vitest';
import { Cookies } from '../../src/http/cookies.ts';

const now = Date.parse('2026-01-01T00:00:00Z');
const answered = (from: string, ...headers: string[]): Cookies => {
  const cookies = new Cookies();
  cookies.keep(new URL(from), headers, now);
  return cookies;
};

describe('a cookie', () => {
  it.each([
    ['https://files.test/a', 'a=1', 'https://files.test/b', 'a=1'],
    ['https://files.test/a', 'A=1; HttpOnly; SameSite=Lax', 'https://files.test:8443/b', 'A=1'],
    ['https://files.test/a', 'a=1', 'https://other.test/b', undefined],
    ['https://files.test/a', 'a=1', 'https://x.files.test/b', undefined],
    ['https://files.test/a', 'a=1; Domain=files.test', 'https://x.files.test/b', 'a=1'],
    ['https://x.files.test/a', 'a=1; Domain=.files.test', 'https://y.files.test/b', 'a=1'],
    ['https://files.test/a', 'a=1; Domain=other.test', 'https://other.test/b', undefined],
    ['https://files.test/a', 'a=1; Domain=test', 'https://other.test/b', undefined],
    ['https://8.8.8.8/a', 'a=1; Domain=8.8.8.8', 'https://8.8.8.8/b', 'a=1'],
    ['https://files.test/a', 'a=1; Secure', 'http://files.test/b', undefined],
    ['https://files.test/a', 'a=1; Path=/x', 'https://files.test/xy', undefined],
    ['https://files.test/a', 'a=1; Path=/x', 'https://files.test/x/y', 'a=1'],
    ['https://files.test/dir/a', 'a=1', 'https://files.test/b', undefined],
    ['https://files.test/a', 'a=1; Max-Age=0', 'https://files.test/b', undefined],
    [
      'https://files.test/a',
      'a=1; Expires=Wed, 31 Dec 2025 23:59:59 GMT',
      'https://files.test/b',
      undefined,
    ],
    [
      'https://files.test/a',
      'a=1; Expires=Fri, 02 Jan 2026 00:00:00 GMT',
      'https://files.test/b',
      'a=1',
    ],
    ['https://files.test/a', 'a="x=y"', 'https://files.test/b', 'a="x=y"'],
    ['https://files.test/a', `a=${'x'.repeat(5_000)}`, 'https://files.test/b', undefined],
  ])('set by %s as %s is for %s: %s', (from, header, to, expected) => {
    expect(answered(from, header).headerFor(new URL(to))).toBe(expected);
  });

  it('takes the place of one of its name, and the one of the longer path comes first', () => {
    const cookies = answered('https://files.test/', 'a=1', 'b=2', 'a=3', 'c=4; Path=/x/y');
    expect(cookies.headerFor(new URL('https://files.test/x/y'))).toBe('c=4; b=2; a=3');
    cookies.keep(new URL('https://files.test/'), ['a=; Max-Age=-1'], now);
    expect(cookies.headerFor(new URL('https://files.test/'))).toBe('b=2');
  });

  it('is one of fifty at most', () => {
    const many = Array.from({ length: 80 }, (_, index) => `c${index}=1`);
    const header = answered('https://files.test/', ...many).headerFor(
      new URL('https://files.test/'),
    );
    expect(header?.split('; ')).toHaveLength(50);
  });
});
