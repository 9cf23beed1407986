import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it, onTestFinished } from 'vitest';
import { loadConfig } from '../../src/config/config.ts';
import { UserError } from '../../src/errors.ts';
import { timeoutRanges } from '../../src/providers/timeouts.ts';
import { forceAfterMs } from '../../src/worker.ts';

function settings(timeouts: string) {
  const home = mkdtempSync(join(tmpdir(), 'shotlist-config-'));
  onTestFinished(() => rmSync(home, { recursive: true, force: true }));
  const file = join(home, 'shotlist.yaml');
  writeFileSync(
    file,
    `accounts:\n  acme: { provider: photogpt, key: ACME_KEY, timeouts: { ${timeouts} } }\n`,
  );
  return { file, read: () => loadConfig({ ACME_KEY: 'k' }, home).accounts.get('acme') };
}

describe('timeouts of an account', () => {
  const names = Object.keys(timeoutRanges) as (keyof typeof timeoutRanges)[];

  it.each(names)('%s may be anything from its least to its most', (name) => {
    const { min, max } = timeoutRanges[name];
    for (const value of [min, max])
      expect(settings(`${name}: ${value}`).read()?.timeouts[name]).toBe(value);
  });

  it.each(names)('%s beyond is refused with the file, the account and the range', (name) => {
    const { min, max } = timeoutRanges[name];
    for (const value of [min - 1, max + 1, min + 0.5, -1, '"1000"']) {
      const { file, read } = settings(`${name}: ${value}`);
      expect(read).toThrow(UserError);
      const wanted = `write whole milliseconds from ${min.toLocaleString('en')} to ${max.toLocaleString('en')}`;
      expect(read).toThrow(`${file}: accounts.acme.timeouts.${name}: ${wanted}`);
    }
  });

  it('decide how long a worker that stops may wait for its paid requests', () => {
    const account = settings('postMs: 90000').read();
    const usual = loadConfig({}, tmpdir()).accounts.get('photogpt');
    if (!account || !usual) throw new Error('no account');
    expect(forceAfterMs([account, usual])).toBeGreaterThan(90_000);
    expect(forceAfterMs([usual])).toBeLessThan(90_000);
  });
});
