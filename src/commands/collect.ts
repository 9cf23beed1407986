import { Command } from 'commander';
import { loadConfig } from '../config/config.ts';
import { UserError } from '../errors.ts';
import type { BatchRow } from '../ledger/port.ts';
import { memo } from '../memo.ts';
import { collectBatch, hasLeft, isEnded } from './engine/collect-batch.ts';
import { Publisher } from './engine/publish.ts';
import { askForLostFiles } from './engine/lost-files.ts';
import type { CollectDocument } from './json/steering.ts';
import { uncollectedJson, uncollectedTexts } from './text/uncollected.ts';
import { hasLedger, openBatch, openProject, type Project } from './project/project.ts';
import { openSession, type Session } from './engine/session.ts';
import type { ExitCode } from './text/summary.ts';
import type { Interrupt, Terminal } from '../terminal.ts';

export function collectCommand(terminal: Terminal, exit: (code: ExitCode) => void): Command {
  return new Command('collect')
    .description('fetch missing paid files of ended batches; pay nothing')
    .argument('[batch]', 'name of a batch, or its file; default: every batch of the project')
    .option('--refetch', 'fetch even if most files of a batch are missing on this machine')
    .option('--json', 'print one JSON document')
    .addHelpText(
      'after',
      '\nFiles that are lost on this machine are fetched again. If most files of a batch are\n' +
        'missing, the disk of the blob store may be disconnected: connect it, or use --refetch.\n\n' +
        'Examples:\n  shotlist collect\n  shotlist collect spring-lookbook',
    )
    .action(async (name: string | undefined, options: CollectOptions) => {
      const { project, rows } = await batchesOf(terminal, name);
      await using _ = project;
      const found = await collectAll(terminal, project, rows, options.refetch ?? false);
      if (options.json)
        terminal.print(JSON.stringify({ batches: found.map(toJson) } satisfies CollectDocument));
      else terminal.print(toText(found));
      exit(found.some(({ left, problems }) => left.length + problems > 0) ? 4 : 0);
    });
}

interface CollectOptions {
  readonly refetch?: boolean;
  readonly json?: boolean;
}

interface Collected {
  readonly batch: string;
  /** The batch still runs and collects its own files. */
  readonly active: boolean;
  readonly left: Awaited<ReturnType<Project['ledger']['reports']['uncollected']>>;
  /** Number of files that are missing here or could not be written. */
  readonly problems: number;
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
  if (!hasLedger(config))
    throw new UserError(`no batch has run in ${config.home}`, {
      next: ['go to the project folder, or name a batch file: shotlist collect FILE'],
    });
  const project = await openProject(terminal, config);
  return { project, rows: await project.ledger.batches.list() };
}

/** Collects one batch after the other. Starts a server only when there is something to fetch. */
async function collectAll(
  terminal: Terminal,
  project: Project,
  rows: readonly BatchRow[],
  refetch: boolean,
): Promise<readonly Collected[]> {
  using interrupt = terminal.interrupted();
  const session = memo(() =>
    openSession(project, {
      role: 'collect',
      worker: project.config.temporal.address === undefined,
      say: (line) => terminal.say(line),
      interrupt,
    }),
  );
  const found: Collected[] = [];
  try {
    for (const row of rows) {
      if (interrupt.isHeard) break;
      const one = await collectOne(terminal, project, row, {
        ...{ refetch, interrupt, openSession: session.get },
      });
      if (one) found.push(one);
    }
    return found;
  } finally {
    await (await session.current)?.close();
  }
}

/** @returns undefined when nothing was left to collect */
async function collectOne(
  terminal: Terminal,
  project: Project,
  row: BatchRow,
  options: {
    readonly refetch: boolean;
    readonly interrupt: Interrupt;
    readonly openSession: () => Promise<Session>;
  },
): Promise<Collected | undefined> {
  const { reports } = project.ledger;
  const { batch } = row;
  const active = !isEnded(row);
  const publisher = new Publisher(project, batch, terminal);
  const lost = active ? undefined : await askForLost(terminal, project, batch);
  const look = async () =>
    lost?.isFound ? await publisher.publish() : await publisher.check({ all: options.refetch });
  let problems = active ? [] : (await look()).problems;
  const isLeft = lost?.isLeft || (await hasLeft(project, batch));
  if (!isLeft && !lost?.isFound && problems.length === 0) return undefined;
  if (isLeft && !active) {
    for (const line of uncollectedTexts(await reports.uncollected(batch)))
      terminal.say(`${batch}: collecting ${line}`);
    const session = await options.openSession();
    ({ problems } = await collectBatch(options.interrupt, project, session, row, publisher));
  }
  const left = await reports.uncollected(batch);
  return { batch, active, left, problems: problems.length };
}

/**
 * Asks again for lost files. `isFound`: at least one was fetched after all. `isLeft`: only a
 * standing worker has the key for at least one.
 */
async function askForLost(
  terminal: Terminal,
  project: Project,
  batch: string,
): Promise<{ readonly isFound: boolean; readonly isLeft: boolean }> {
  const lost = await project.ledger.submissions.lostOutputs({ batch });
  const { saved, unasked } = await askForLostFiles(terminal, project, lost);
  const hasWorker = project.config.temporal.address !== undefined;
  return { isFound: saved > 0, isLeft: hasWorker && unasked.length > 0 };
}

function toJson({ batch, active, left, problems }: Collected): CollectDocument['batches'][number] {
  return { batch, active, left: uncollectedJson(left), unwritten: problems };
}

function toText(found: readonly Collected[]): string {
  if (found.length === 0) return 'Nothing is left to collect.';
  return found
    .flatMap(({ batch, active, left, problems }) => {
      if (problems > 0) return [`${batch}: ${problems} files are not written`];
      if (left.length === 0) return [`${batch}: all its paid files are on disk or decided`];
      const why = active ? `; it is still running: shotlist watch ${batch}` : '; try again later';
      return uncollectedTexts(left).map((text) => `${batch}: ${text} left${why}`);
    })
    .join('\n');
}
