import { expect, it } from 'vitest';
import type { Api } from '../../../src/providers/api.ts';
import { listJobs } from '../../../src/providers/productai/dialect-a/jobs.ts';

const at = (minutes: number): string =>
  new Date(Date.UTC(2026, 0, 1) + minutes * 60_000).toISOString();

it('a job that moves to the front between two pages is read all the same', async () => {
  let jobs = Array.from({ length: 60 }, (_, index) => ({
    id: `job-${index}`,
    created_at: at(60 - index),
    status: 'processing',
  }));
  let calls = 0;
  const api = (async ({
    path,
    answer,
  }: {
    path: string;
    answer: { parse(value: unknown): unknown };
  }) => {
    calls += 1;
    const offset = Number(/offset=(\d+)/.exec(path)?.[1]);
    const items = jobs.slice(offset, offset + 20);
    // By the last change, as in many lists: the job ends before its page is read.
    if (calls === 1) {
      const moved = jobs.filter(({ id }) => id === 'job-25');
      jobs = [...moved, ...jobs.filter(({ id }) => id !== 'job-25')];
    }
    return answer.parse({ jobs: items, has_more: offset + 20 < jobs.length });
  }) as unknown as Api;
  const { entries } = await listJobs(api, Date.UTC(2025, 0, 1), Date.UTC(2027, 0, 1));
  expect(entries.map(({ id }) => id)).toContain('job-25');
  expect(entries).toHaveLength(60);
});
