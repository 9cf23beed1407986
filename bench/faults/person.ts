import { setTimeout as wait } from 'node:timers/promises';
import { readLedger } from '../project-books.ts';
import { asksForTheSame } from './compare/evidence.ts';
import { batch, type Crew } from './crew.ts';

const lookEveryMs = 500;

/**
 * While the run goes on, each parked shot whose request made jobs that nobody claims gets the first of them,
 * as a person would name it who looks at the vendor's own pages.
 */
export async function nameJobs(crew: Crew, named: () => void): Promise<void> {
  const asked = new Set<string>();
  while (crew.run?.isRunning) {
    await wait(lookEveryMs);
    const ledger = await readLedger(crew.stage.folder, batch).catch(() => undefined);
    const parked = ledger?.shots.filter(({ state, key }) => state === 'parked' && !asked.has(key));
    if (!ledger || !parked || parked.length === 0) continue;
    const known = new Set(ledger.submissions.map(({ jobId }) => jobId));
    const book = await crew.stage.book();
    for (const shot of parked) {
      const { key, submission } = shot;
      asked.add(key);
      const row = ledger.submissions.find((each) => each.submission === submission);
      if (row?.jobId !== null) continue;
      const job = book.accepted.find(
        (entry) => asksForTheSame(entry, shot) && !known.has(entry.id),
      );
      if (!job) continue;
      known.add(job.id);
      if ((await crew.say('resolve', batch, key, '--job', job.id)) === 0) named();
    }
  }
}
