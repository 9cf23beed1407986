import { describe, expect, it } from 'vitest';
import { faultKinds } from '../../bench/faults/draw-faults.ts';
import { mutants } from '../../bench/faults/mutants/list.ts';
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
    expect(figure('faults injected')).toBeGreaterThanOrEqual(9_000);
    expect(figure('processes killed with -9')).toBeGreaterThanOrEqual(100);
  });

  it.each([
    'shots and trainings paid twice',
    'paid outputs lost',
    'budgets exceeded',
    'batches that hung',
    'shots parked in vain',
  ])('counts no %s', (name) => {
    expect(figure(name)).toBe(0);
  });

  it('has a row for every kind of fault that is drawn', () => {
    const rows = [...page.matchAll(/^\| ([^|]+) \| (\d+) \| \d+ \| 0 \| 0 \| 0 \| 0 \| 0 \|$/gm)];
    const injected = new Map(rows.map(([, kind = '', count]) => [kind, Number(count)]));
    const missed = faultKinds.filter((kind) => (injected.get(kind) ?? 0) === 0);
    expect(missed.length).toBeLessThanOrEqual(3);
    const [, named = ''] = /^Kinds that struck no call in these runs: (.*?)\. /m.exec(page) ?? [];
    expect(named === '' ? [] : named.split('; ')).toEqual(missed);
  });

  it('says why shots are parked, and how many', () => {
    const [, , parked = ''] = /\| (\d+), (\d+), \d+ \|$/m.exec(page) ?? [];
    const [, reasons = ''] =
      /\| reason \| shots \|\n\| --- \| --- \|\n([^]*?)\n\n/.exec(page) ?? [];
    const counts = [...reasons.matchAll(/\| (\d+) \|$/gm)].map(([, count]) => Number(count));
    expect(counts.length).toBeGreaterThan(0);
    expect(counts.reduce((sum, count) => sum + count, 0)).toBe(Number(parked));
  });

  it('names every bug that is planted', () => {
    for (const { name } of mutants) expect(page).toContain(`- ${name}`);
  });

  it('says by which command it was made', () => {
    expect(page).toMatch(/^npm run faults -- --seed \d+ --runs \d+/m);
  });
});
