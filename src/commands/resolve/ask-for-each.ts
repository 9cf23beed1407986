import { UserError } from '../../errors.ts';
import type { UnresolvedRow } from '../../ledger/port.ts';
import type { Terminal } from '../../terminal.ts';
import type { Project } from '../project/project.ts';
import { priceText, unresolvedText } from '../text/unresolved-text.ts';
import type { Decided, Decision, Decisions } from './resolve-decisions.ts';
import { lookAtUndecided } from './undecided.ts';

/**
 * Asks for a decision on each request, on a terminal. @param sure skips the question before a
 * request is sent again
 */
export async function askForEach(
  terminal: Terminal,
  project: Project,
  about: { readonly batch: string; readonly decisions: Decisions },
  waiting: readonly UnresolvedRow[],
  sure: boolean,
): Promise<readonly Decided[]> {
  const { decisions } = about;
  const undecided = await lookAtUndecided(terminal, project, about, waiting);
  if (undecided.page !== undefined) terminal.say(`files of the candidate jobs: ${undecided.page}`);
  const decided: Decided[] = [];
  for (const [index, row] of waiting.entries()) {
    terminal.say(`\n${index + 1} of ${waiting.length}   `);
    // Read again, since the previous decision may have taken a job.
    const shown = await decisions.shownAtVendor(row);
    terminal.say(unresolvedText(row, shown, decisions.siteOf(row), Date.now()));
    const answer = await askFor(terminal, row, sure);
    if (answer === 'quit') break;
    if (answer === 'leave') continue;
    try {
      const one = await decisions.decide(row, answer);
      terminal.say(`  ${one.said}`);
      decided.push(one);
    } catch (error) {
      if (!(error instanceof UserError)) throw error;
      terminal.say(`  ${error.message}; it stays parked`);
    }
  }
  return decided;
}

async function askFor(
  terminal: Terminal,
  row: UnresolvedRow,
  sure: boolean,
): Promise<Decision | 'leave' | 'quit'> {
  const question = `  a job ID, again (may cost ${priceText(row.price)} twice), skip, quit; Enter leaves it:`;
  for (;;) {
    const [word = '', id] = (await terminal.ask(question)).trim().split(/\s+/);
    if (word === '') return 'leave';
    if (word === 'quit' || word === 'q') return 'quit';
    if (word === 'skip') return { kind: 'skip' };
    if (word === 'job') {
      if (id !== undefined) return { kind: 'job', jobId: id };
      continue;
    }
    if (word !== 'again') return { kind: 'job', jobId: word };
    if (sure || /^y(es)?$/i.test(await terminal.ask('  Send it again?  [y/N]')))
      return { kind: 'again' };
  }
}
