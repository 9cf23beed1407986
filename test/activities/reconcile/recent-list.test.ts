import { setTimeout as wait } from 'node:timers/promises';
import { describe, expect, it, vi } from 'vitest';
import { RecentList } from '../../../src/activities/reconcile/recent-list.ts';
import type { Listing, ListedJob, Provider } from '../../../src/providers/port.ts';

let asked = 0;

/** Asks for the list once for each answer, each time further back, since one that is known serves again. */
async function read(list: RecentList, answers: readonly ('whole' | 'unreadable')[]): Promise<void> {
  for (const answer of answers) {
    const listJobs = async (): Promise<Listing<ListedJob>> => {
      if (answer === 'unreadable') throw new Error('not JSON');
      return { entries: [], unreadable: 0 };
    };
    await list
      .of({ listJobs } as unknown as Provider, 0)
      .listJobs?.(Date.now() - (asked += 60_000), Date.now())
      .catch(() => undefined);
  }
}

describe('a list of jobs', () => {
  it('stays unread after three answers that nobody could read, and not before', async () => {
    const list = new RecentList();
    expect(list.isUnreadFor(0)).toBe(false);
    await read(list, ['unreadable', 'unreadable']);
    expect(list.isUnreadFor(0)).toBe(false);
    await read(list, ['unreadable']);
    expect(list.isUnreadFor(0)).toBe(true);
  });

  it('stays unread only after as long as it is worth waiting for', async () => {
    const list = new RecentList();
    await read(list, ['unreadable', 'unreadable', 'unreadable']);
    expect(list.isUnreadFor(60_000)).toBe(false);
    await wait(5);
    expect(list.isUnreadFor(4)).toBe(true);
  });

  it('begins again after a time in which nobody asked', async () => {
    let passedMs = 0;
    const steady = vi.spyOn(performance, 'now').mockImplementation(() => passedMs);
    const list = new RecentList();
    await read(list, ['unreadable', 'unreadable']);
    passedMs += 3 * 3_600_000;
    await read(list, ['unreadable']);
    expect(list.isUnreadFor(600_000)).toBe(false);
    steady.mockRestore();
  });

  it('is read again after an answer that could be read, and after an outage', async () => {
    const list = new RecentList();
    await read(list, ['unreadable', 'unreadable', 'whole', 'unreadable']);
    expect(list.isUnreadFor(0)).toBe(false);
    await read(list, ['unreadable', 'unreadable']);
    expect(list.isUnreadFor(0)).toBe(true);
    list.forgetUnread();
    expect(list.isUnreadFor(0)).toBe(false);
  });

  it('serves a request only where it was read after the request had settled, for ten seconds', async () => {
    let passedMs = 0;
    const steady = vi.spyOn(performance, 'now').mockImplementation(() => passedMs);
    let reads = 0;
    const listJobs = async (): Promise<Listing<ListedJob>> => {
      reads += 1;
      return { entries: [], unreadable: 0 };
    };
    const list = new RecentList();
    const now = Date.now();
    const look = async (settledForMs: number): Promise<number> => {
      const { listJobs: ask } = list.of({ listJobs } as unknown as Provider, settledForMs);
      await ask?.(now - 60_000, now);
      return reads;
    };
    expect(await look(0)).toBe(1);
    passedMs += 3_000;
    expect(await look(4_000)).toBe(1);
    expect(await look(0)).toBe(2);
    passedMs += 9_000;
    expect(await look(8_000)).toBe(3);
    passedMs += 9_000;
    expect(await look(3_600_000)).toBe(3);
    passedMs += 2_000;
    expect(await look(3_600_000)).toBe(4);
    steady.mockRestore();
  });
});
