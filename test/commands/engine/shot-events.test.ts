import { expect, it } from 'vitest';
import { ShotEvents } from '../../../src/commands/engine/shot-events.ts';
import { openSqliteLedger } from '../../../src/ledger/sqlite/index.ts';
import {
  accountSettings,
  claimOne,
  finish,
  plannedShots,
  startBatch,
} from '../../ledger/fixture.ts';

it('a shot that changes again is told of once, until it has something else to tell, and not by a later command', async () => {
  const ledger = await openSqliteLedger({ path: ':memory:' });
  await ledger.batches.putAccounts([accountSettings()]);
  const range = await startBatch(ledger, 'fox', plannedShots(1));
  await finish(ledger, await claimOne(ledger, range));
  const [shot] = await Array.fromAsync(ledger.reports.shots('fox'));
  if (!shot) throw new Error('no shot');
  const lines: string[] = [];
  const savedAt = shot.outputs[0]?.savedAt ?? Number.NaN;
  const events = new ShotEvents((line) => lines.push(line.replace(/^\S+ /, '')), savedAt);
  events.show([shot]);
  events.show([shot, shot]);
  expect(lines).toEqual([expect.stringMatching(/^saved +one\/shot-0000/)]);
  events.show([{ ...shot, state: 'parked', why: 'reset' }]);
  expect(lines[1]).toMatch(/^parked +one\/shot-0000 +reset/);
  const later: string[] = [];
  new ShotEvents((line) => later.push(line), savedAt + 1).show([shot]);
  expect(later).toEqual([]);
  await ledger.close();
});
