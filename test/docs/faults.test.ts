import { describe, expect, it } from 'vitest';
import { faultKinds } from '../../bench/faults/draw-faults.ts';
import { read } from './support.ts';

const page = read('docs/faults.md');

/** The number beside a row's name; its bold type aside. */
function figure(name: string): number {
  const row = page.split('\n').find((line) => line.replaceAll('*', '').startsWith(`| ${name} |`));
  return Number(/\| \**(\d+)\** \|$/.exec(row ?? '')?.[1]);
}

describe('the published fault campaign', () => {
  it('is large enough to mean something', () => {
    expect(Number(/in (\d+) runs/.exec(page)?.[1])).toBeGreaterThanOrEqual(300);
    expect(figure('faults injected')).toBeGreaterThanOrEqual(10_000);
    expect(figure('processes killed with -9')).toBeGreaterThanOrEqual(100);
  });

  it.each(['shots paid twice', 'paid outputs lost', 'budgets exceeded', 'batches that hung'])(
    'counts no %s',
    (name) => {
      expect(figure(name)).toBe(0);
    },
  );

  it('has a row for every kind of fault that is drawn', () => {
    const rows = [...page.matchAll(/^\| ([^|]+) \| (\d+) \| \d+ \| 0 \| 0 \| 0 \| 0 \|$/gm)];
    const injected = new Map(rows.map(([, kind = '', count]) => [kind, Number(count)]));
    for (const kind of faultKinds) expect(injected.get(kind), kind).toBeGreaterThan(0);
  });

  it('says by which command it was made', () => {
    expect(page).toMatch(/^npm run faults -- --seed \d+ --runs \d+/m);
  });
});
