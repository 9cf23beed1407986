import { copyFile, cp, mkdir, mkdtemp, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import type { Ledger } from '../../../src/ledger/port.ts';
import { backUp } from '../../../src/ledger/sqlite/backup.ts';
import { openSqliteLedger } from '../../../src/ledger/sqlite/index.ts';
import {
  accountSettings,
  claimPastGaps,
  options,
  plannedShot,
  startBatch,
  keyHash,
} from '../fixture.ts';

const minute = 60_000;
let root: string;
let now: number;
let opened: Ledger[];
beforeEach(async () => {
  root = await mkdtemp(join(tmpdir(), 'shotlist-provenance-'));
  await mkdir(join(root, 'studio'));
  now = Date.UTC(2026, 0, 31, 12);
  opened = [];
});
afterEach(async () => {
  vi.restoreAllMocks();
  for (const ledger of opened) await ledger.close().catch(() => undefined);
  await rm(root, { recursive: true });
});

const at = (...parts: string[]): string => join(root, ...parts);
async function open(folder = 'studio'): Promise<Ledger> {
  const ledger = await openSqliteLedger({ path: at(folder, 'ledger.db'), now: () => now });
  opened.push(ledger);
  return ledger;
}
/** Claims one request a minute later. @returns when */
async function claim(ledger: Ledger, name: string): Promise<number> {
  now += minute;
  await ledger.batches.putAccounts([accountSettings()]);
  const shots = [plannedShot(0, { fingerprint: name })];
  await claimPastGaps(ledger, await startBatch(ledger, name, shots));
  return now;
}
/** In a command of its own. @returns when it claimed */
async function claimOnce(name: string, folder = 'studio'): Promise<number> {
  const ledger = await open(folder);
  const claimedAt = await claim(ledger, name);
  await ledger.close();
  return claimedAt;
}
const markOf = async (folder = 'studio'): Promise<unknown> =>
  JSON.parse(await readFile(at(folder, 'ledger.mark'), 'utf8'));
const foundBy = async (folder = 'studio') => {
  const ledger = await open(folder);
  const { found } = ledger.gaps;
  await ledger.close();
  return found;
};

describe('an older copy in the place of a ledger', () => {
  it('is noticed: what was claimed since is a gap until now, found once', async () => {
    const first = await claimOnce('fox');
    await copyFile(at('studio', 'ledger.db'), at('old.db'));
    await claimOnce('hen');
    await copyFile(at('old.db'), at('studio', 'ledger.db'));
    now += minute;
    const why = 'an older copy was put in the place of the ledger';
    expect(await foundBy()).toMatchObject([{ from: first, to: now, why, closedAt: null }]);
    const ledger = await open();
    expect(ledger.gaps.found).toEqual([]);
    expect(await ledger.gaps.list()).toMatchObject([{ from: first, to: now, why }]);
  });

  it('is noticed although the clock was set back before what it lacks was claimed', async () => {
    await claimOnce('fox');
    await copyFile(at('studio', 'ledger.db'), at('old.db'));
    now -= 20 * minute;
    const lost = await claimOnce('hen');
    await copyFile(at('old.db'), at('studio', 'ledger.db'));
    now += minute;
    const [gap] = await foundBy();
    expect(gap?.from).toBeLessThanOrEqual(lost);
    expect(gap?.to).toBeGreaterThanOrEqual(now);
  });

  it('is noticed by the mark that a process wrote at once as the clock was set back', async () => {
    await claimOnce('fox');
    await copyFile(at('studio', 'ledger.db'), at('old.db'));
    const killed = await open();
    await claim(killed, 'owl');
    now -= 20 * minute;
    const lost = await claim(killed, 'hen');
    const mark = await readFile(at('studio', 'ledger.mark'), 'utf8');
    await killed.close();
    await writeFile(at('studio', 'ledger.mark'), mark);
    await copyFile(at('old.db'), at('studio', 'ledger.db'));
    now += 40 * minute;
    expect((await foundBy())[0]?.from).toBeLessThanOrEqual(lost);
  });

  it('is noticed although a backup was made by the clock that had been set back', async () => {
    await claimOnce('fox');
    await copyFile(at('studio', 'ledger.db'), at('old.db'));
    now -= 20 * minute;
    const ledgerPath = at('studio', 'ledger.db');
    await backUp({ ledgerPath, target: at('kept'), settings: null, now: () => now });
    const lost = await claimOnce('hen');
    await copyFile(at('old.db'), ledgerPath);
    now += 40 * minute;
    expect((await foundBy())[0]?.from).toBeLessThanOrEqual(lost);
  });

  it('is noticed although it has more claims than the one that it replaces', async () => {
    const [ledger, old, newer] = [at('studio', 'ledger.db'), at('old.db'), at('newer.db')];
    await claimOnce('fox');
    await copyFile(ledger, old);
    await claimOnce('hen');
    await claimOnce('owl');
    await copyFile(ledger, newer);
    await copyFile(old, ledger);
    await claimOnce('bat');
    await copyFile(newer, ledger);
    now += minute;
    expect(await foundBy()).toHaveLength(1);
    expect(await foundBy()).toEqual([]);
  });

  it('is noticed when it lacks what stood in the -wal file', async () => {
    const first = await claimOnce('fox');
    const ledger = await open();
    await claim(ledger, 'hen');
    await expect.poll(() => markOf()).toMatchObject({ newestClaim: now });
    await copyFile(at('studio', 'ledger.db'), at('without-wal.db'));
    await ledger.close();
    await copyFile(at('without-wal.db'), at('studio', 'ledger.db'));
    expect(await foundBy()).toMatchObject([{ from: first, to: now }]);
  });

  it('is not seen where there is none: after commands, a killed process, a moved folder', async () => {
    await claimOnce('fox');
    expect(await foundBy()).toEqual([]);
    const killed = await open();
    await claim(killed, 'hen');
    expect(await foundBy()).toEqual([]);
    await killed.close();
    await rename(at('studio'), at('moved'));
    expect(await foundBy('moved')).toEqual([]);
    await rm(at('moved', 'ledger.mark'));
    expect(await foundBy('moved')).toEqual([]);
    await writeFile(at('moved', 'ledger.mark'), 'half a ma');
    expect(await foundBy('moved')).toEqual([]);
  });

  it('is one gap for two commands that notice it at once', async () => {
    await claimOnce('fox');
    await copyFile(at('studio', 'ledger.db'), at('old.db'));
    await claimOnce('hen');
    await copyFile(at('old.db'), at('studio', 'ledger.db'));
    const [one] = await Promise.all([open(), open()]);
    expect(await one?.gaps.list({ closed: true })).toHaveLength(1);
  });
});

describe('an older copy that is put back twice', () => {
  it('does not send again what was sent between, though it was asked about before', async () => {
    await claimOnce('fox');
    await copyFile(at('studio', 'ledger.db'), at('old.db'));
    await claimOnce('hen');
    await copyFile(at('old.db'), at('studio', 'ledger.db'));
    const looking = await open();
    const range = await startBatch(looking, 'owl', [plannedShot(0, { fingerprint: 'owl' })]);
    const claimIt = (ledger: Ledger) => ledger.claims.claim(range, options);
    expect((await claimIt(looking)).granted).toEqual([]);
    const { ambiguous } = await looking.submissions.due(range, {
      ...{ leaseMs: 1, limit: 9, settleMs: 0 },
    });
    for (const { submission } of ambiguous) await looking.submissions.absent(submission, keyHash);
    await looking.close();
    await copyFile(at('studio', 'ledger.db'), at('older.db'));
    const sending = await open();
    now += minute;
    expect((await claimIt(sending)).granted).toHaveLength(1);
    await sending.close();
    await copyFile(at('older.db'), at('studio', 'ledger.db'));
    now += minute;
    expect((await claimIt(await open())).granted).toEqual([]);
  });
});

describe('a new ledger in the place of one that is gone', () => {
  it('is noticed by the mark: a gap since its first request', async () => {
    const first = await claimOnce('fox');
    await claimOnce('hen');
    await rm(at('studio', 'ledger.db'));
    const why = 'the ledger that was here before is gone';
    expect(await foundBy()).toMatchObject([{ from: first, to: now, why }]);
    expect(await foundBy()).toEqual([]);
  });

  it('is none where the old one had claimed nothing, or left with its folder', async () => {
    await foundBy();
    await rm(at('studio', 'ledger.db'));
    expect(await foundBy()).toEqual([]);
    await claimOnce('fox');
    await rm(at('studio'), { recursive: true });
    expect(await foundBy()).toEqual([]);
  });
});

describe('a copied project', () => {
  const copy = async (): Promise<void> => {
    await cp(at('studio'), at('copy'), { recursive: true, preserveTimestamps: true });
  };

  it('has a gap since its newest request when the original went on, found once', async () => {
    const first = await claimOnce('fox');
    await copy();
    await claimOnce('hen');
    const [gap] = await foundBy('copy');
    expect(gap).toMatchObject({ from: first, to: now });
    expect(gap?.why).toContain(at('studio', 'ledger.db'));
    expect(await foundBy('copy')).toEqual([]);
    expect(await foundBy()).toEqual([]);
  });

  it('is a ledger of its own, so that workers of the two do not mix', async () => {
    await claimOnce('fox');
    const { id } = await open();
    await copy();
    const copied = await open('copy');
    expect(copied.id).not.toBe(id);
    expect((await open()).id).toBe(id);
    expect((await open('copy')).id).toBe(copied.id);
  });

  it('has a gap where it knows no request and the original has sent one', async () => {
    await (await open()).close();
    await copy();
    const sent = await claimOnce('fox');
    const [gap] = await foundBy('copy');
    expect(gap?.from).toBeLessThanOrEqual(sent);
  });

  it('has a gap where an older copy went on as the original, with fewer requests', async () => {
    await claimOnce('fox');
    await copyFile(at('studio', 'ledger.db'), at('old.db'));
    await claimOnce('hen');
    await claimOnce('owl');
    await copy();
    await copyFile(at('old.db'), at('studio', 'ledger.db'));
    await claimOnce('bat');
    expect(await foundBy('copy')).toHaveLength(1);
  });

  it('has no gap where the original has sent nothing since', async () => {
    await claimOnce('fox');
    await copy();
    now += minute;
    expect(await foundBy('copy')).toEqual([]);
  });

  it('has a gap where the original is there and cannot be read', async () => {
    await claimOnce('fox');
    await copy();
    const ledger = at('studio', 'ledger.db');
    const handle = await readFile(ledger);
    // The same file, whose bytes are no database any more.
    await writeFile(ledger, handle.fill(0, 0, 100), { flag: 'r+' });
    expect(await foundBy('copy')).toHaveLength(1);
  });

  it('is a moved one where the original is gone: no gap, and the same ledger', async () => {
    await claimOnce('fox');
    const { id } = await open();
    await copy();
    await rm(at('studio'), { recursive: true });
    const moved = await open('copy');
    expect(moved.gaps.found).toEqual([]);
    expect(moved.id).toBe(id);
  });

  it('is a moved one where another project stands in the place of the original', async () => {
    await claimOnce('fox');
    const { id } = await open();
    await copy();
    await rm(at('studio'), { recursive: true });
    await mkdir(at('studio'));
    await claimOnce('hen');
    const moved = await open('copy');
    expect(moved.gaps.found).toEqual([]);
    expect(moved.id).toBe(id);
  });
});

describe('gaps', () => {
  it('are listed while they are open, and closed once', async () => {
    const { gaps } = await open();
    const late = await gaps.add({ from: 5_000, to: 6_000, why: 'late' });
    const early = await gaps.add({ from: 1_000, to: 2_000, why: 'early' });
    expect((await gaps.list()).map(({ why }) => why)).toEqual(['early', 'late']);
    expect(await gaps.close(early.id)).toBe(true);
    expect(await gaps.close(early.id)).toBe(false);
    expect(await gaps.list()).toEqual([late]);
    expect(await gaps.list({ closed: true })).toMatchObject([{ closedAt: now }, { id: late.id }]);
  });

  it('that touch become one, unless the first is closed', async () => {
    const { gaps } = await open();
    await gaps.add({ from: 1_000, to: 2_000, why: 'a' });
    const one = await gaps.add({ from: 1_500, to: 3_000, why: 'b' });
    expect(one).toMatchObject({ from: 1_000, to: 3_000, why: 'a; b' });
    await gaps.add({ from: 4_000, to: 5_000, why: 'a' });
    expect(await gaps.list()).toHaveLength(2);
    await gaps.close(one.id);
    await gaps.add({ from: 1_000, to: 2_000, why: 'a' });
    expect(await gaps.list()).toHaveLength(2);
  });
});

describe('the mark', () => {
  it('is written with the first claim, then once a minute at most, and at the end', async () => {
    let clock = 0;
    vi.spyOn(performance, 'now').mockImplementation(() => clock);
    const ledger = await open();
    expect(await markOf()).toMatchObject({ ledger: ledger.id, newestClaim: null });
    const first = await claim(ledger, 'fox');
    await expect.poll(() => markOf()).toMatchObject({ newestClaim: first });
    const second = await claim(ledger, 'hen');
    clock += minute - 1;
    expect(await markOf()).toMatchObject({ firstClaim: first, newestClaim: first });
    clock += 1;
    const third = await claim(ledger, 'owl');
    expect(third).toBeGreaterThan(second);
    await expect.poll(() => markOf()).toMatchObject({ newestClaim: third });
    const last = await claim(ledger, 'elk');
    await ledger.close();
    expect(await markOf()).toEqual({
      ...{ ledger: ledger.id, firstClaim: first, newestClaim: last },
      ...{ claims: 4, clockBack: [], lineage: expect.any(String) as string },
    });
  });

  it('is not touched by a command that claims nothing, and missed by nobody', async () => {
    await claimOnce('fox');
    const before = await readFile(at('studio', 'ledger.mark'));
    const ledger = await open();
    await ledger.reports.accounts();
    await ledger.close();
    expect(await readFile(at('studio', 'ledger.mark'))).toEqual(before);
    await rm(at('studio', 'ledger.mark'));
    await mkdir(at('studio', 'ledger.mark'));
    expect(await foundBy()).toEqual([]);
  });
});
