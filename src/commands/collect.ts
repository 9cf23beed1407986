import { existsSync } from 'node:fs';
import { Command } from 'commander';
import { loadConfig } from '../config.ts';
import { UserError } from '../errors.ts';
import type { BatchRow } from '../ledger/port.ts';
import { collectBatch, hasLeft, isEnded } from './run/collect-batch.ts';
import { leftJson, leftTexts } from './text/left-behind.ts';
import { openBatch, openProject, type Project } from './project/project.ts';
import { openSession, type Session } from './run/session.ts';
import type { ExitCode } from './text/summary.ts';
import type { Terminal } from '../terminal.ts';

export function collectCommand(terminal: Terminal, exit: (code: ExitCode) => void): Command {
  return new Command('collect')
    .description('fetch what ended batches have paid for and is not on disk; pays for nothing')
    .argument('[batch]', 'name of a batch, or its file; default: every batch of the project')
    .option('--json', 'print one JSON document')
    .addHelpText('after', '\nExamples:\n  shotlist collect\n  shotlist collect spring-lookbook')
    .action(async (name: string | undefined, options: { json?: boolean }) => {
      const { project, rows } = await batchesOf(terminal, name);
      await using _ = project;
      const found = await collectAll(terminal, project, rows);
      if (options.json) terminal.print(JSON.stringify({ batches: found.map(toJson) }));
      else terminal.print(toText(found));
      exit(found.some(({ left }) => left.length > 0) ? 4 : 0);
    });
}

interface Collected {
  readonly batch: string;
  /** It still runs, and collects by itself. */
  readonly active: boolean;
  readonly left: Awaited<ReturnType<Project['ledger']['reports']['uncollected']>>;
}

async function batchesOf(
  terminal: Terminal,
  name: string | undefined,
): Promise<{ project: Project; rows: readonly BatchRow[] }> {
  if (name !== undefined) {
    const { project, row } = await openBatch(terminal, name);
    return { project, rows: [row] };
  }
  const config = loadConfig(terminal.environment, terminal.folder);
  if (!existsSync(config.ledgerPath))
    throw new UserError(`no batch has run in ${config.home}`, {
      next: ['go to the project folder, or name a batch file: shotlist collect FILE'],
    });
  const project = await openProject(config);
  return { project, rows: await project.ledger.batches.list() };
}

/** One batch after the other; a server is started only where there is something to fetch. */
async function collectAll(
  terminal: Terminal,
  project: Project,
  rows: readonly BatchRow[],
): Promise<readonly Collected[]> {
  const { reports } = project.ledger;
  const found: Collected[] = [];
  using interrupt = terminal.interrupted();
  let session: Session | undefined;
  try {
    for (const row of rows) {
      const { batch } = row;
      if (interrupt.isHeard) break;
      if (!(await hasLeft(project, batch))) continue;
      const active = !isEnded(row);
      if (!active) {
        for (const line of leftTexts(await reports.uncollected(batch)))
          terminal.say(`${batch}: collecting ${line}`);
        session ??= await openSession(project, {
          worker: project.config.temporal.address === undefined,
          say: (line) => terminal.say(line),
          interrupt,
        });
        await collectBatch(terminal, interrupt, project, session, row);
      }
      found.push({ batch, active, left: await reports.uncollected(batch) });
    }
    return found;
  } finally {
    await session?.close();
  }
}

function toJson({ batch, active, left }: Collected): object {
  return { batch, active, left: leftJson(left) };
}

function toText(found: readonly Collected[]): string {
  if (found.length === 0) return 'Nothing is left to collect.';
  return found
    .flatMap(({ batch, active, left }) => {
      if (left.length === 0) return [`${batch}: all that it paid for is on disk or decided`];
      const why = active ? `, and it goes on: shotlist watch ${batch}` : '; try again later';
      return leftTexts(left).map((text) => `${batch}: ${text} left${why}`);
    })
    .join('\n');
}
