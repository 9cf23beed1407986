import { Command } from 'commander';
import { accountName } from '../batch/ids.ts';
import { loadConfig } from '../config/config.ts';
import { UserError } from '../errors.ts';
import type { BatchRow } from '../ledger/port.ts';
import { memo } from '../memo.ts';
import { asUserError } from '../system-errors.ts';
import { collectBatch } from './engine/collect-batch.ts';
import {
  canCollect,
  leftWork,
  type Unserved,
  unservedAccounts,
  unservedText,
} from './engine/left-work.ts';
import { Publisher } from './engine/publish.ts';
import { askForLostFiles } from './engine/lost-files.ts';
import type { CollectDocument } from './json/steering.ts';
import { uncollectedJson, uncollectedTexts } from './text/uncollected.ts';
import { hasLedger, openBatch, openProject, type Project } from './project/project.ts';
import { proveKeys } from './vendor/own-keys.ts';
import { openSession, type Session } from './engine/session.ts';
import type { ExitCode } from './text/totals.ts';
import type { Interrupt, Terminal } from '../terminal.ts';

export function collectCommand(terminal: Terminal, exit: (code: ExitCode) => void): Command {
  return new Command('collect')
    .description('fetch missing paid files of ended and paused batches; pay nothing')
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
      exit(exitCodeOf(found));
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
  /** Number of requests that a person must decide. */
  readonly undecided: number;
  /** Accounts of `left` that are not served. */
  readonly unserved: readonly Unserved[];
  /** The reason why its collection failed. */
  readonly error?: UserError;
}

function exitCodeOf(found: readonly Collected[]): ExitCode {
  const [failed] = found.flatMap(({ error }) => error ?? []);
  if (failed) return failed.exitCode;
  const isLeft = found.some(
    ({ left, problems, undecided }) => left.length + problems + undecided > 0,
  );
  return isLeft ? 4 : 0;
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

/**
 * Collects one batch after the other; the failure of one does not keep the next. Starts a server
 * only when there is something to fetch.
 */
async function collectAll(
  terminal: Terminal,
  project: Project,
  rows: readonly BatchRow[],
  refetch: boolean,
): Promise<readonly Collected[]> {
  using interrupt = terminal.interrupted();
  let isLost = false;
  const lose = (): void => void (isLost = true);
  const session = memo(async () => {
    const opening = openSession(project, {
      role: 'collect',
      worker: project.config.temporal.address === undefined,
      say: (line) => terminal.say(line),
      interrupt,
    });
    opening.then(({ failed }) => failed.catch(lose), lose);
    return await opening;
  });
  const found: Collected[] = [];
  // The worker of one batch's collection serves the others too: a file may come before its turn.
  const { reports } = project.ledger;
  const uncollected = await reports.uncollected();
  const waiting = new Set(uncollected.map(({ batch }) => batch));
  await proveKeys(
    project,
    uncollected.map(({ account }) => account),
  );
  try {
    for (const row of rows) {
      if (interrupt.isHeard) break;
      const publisher = new Publisher(project, row.batch, terminal);
      const isWaiting = waiting.has(row.batch);
      const options = { refetch, interrupt, publisher, isWaiting, openSession: session.get };
      const one = await collectOne(terminal, project, row, options).catch(
        async (thrown: unknown) => {
          const error = asUserError(thrown);
          if (isLost || !(error instanceof UserError)) throw thrown;
          terminal.say(`${row.batch}: its collection failed\n${error.toText()}`);
          const { problems } = await publisher.publish();
          return { ...(await stateOf(project, row, problems.length)), error };
        },
      );
      if (one) found.push(one);
    }
    return found;
  } finally {
    await (await session.current)?.close();
  }
}

async function stateOf(project: Project, row: BatchRow, problems: number): Promise<Collected> {
  const { here, unserved } = await leftWork(project, row.batch);
  return {
    batch: row.batch,
    active: row.state === 'running',
    left: [...here, ...unserved],
    problems,
    undecided: (await project.ledger.reports.unresolved(row.batch)).length,
    unserved: unservedAccounts(project, row, unserved),
  };
}

/** @returns undefined when nothing was left to collect */
async function collectOne(
  terminal: Terminal,
  project: Project,
  row: BatchRow,
  options: {
    readonly refetch: boolean;
    readonly interrupt: Interrupt;
    readonly publisher: Publisher;
    /** Whether paid work was left when the command began. */
    readonly isWaiting: boolean;
    readonly openSession: () => Promise<Session>;
  },
): Promise<Collected | undefined> {
  const { batch } = row;
  const { interrupt, publisher } = options;
  const active = row.state === 'running';
  const lost = active ? undefined : await askForLost(terminal, project, batch);
  const look = async () =>
    lost?.isFound ? await publisher.publish() : await publisher.check({ all: options.refetch });
  let problems = active ? [] : (await look()).problems;
  const isLeft = lost?.isLeft || (await canCollect(project, batch));
  const undecided = await project.ledger.reports.unresolved(batch);
  const isNothing = !isLeft && !options.isWaiting && !lost?.isFound && undecided.length === 0;
  if (isNothing && problems.length === 0) return undefined;
  if (isLeft && !active) {
    const { here } = await leftWork(project, batch);
    for (const line of uncollectedTexts(here)) terminal.say(`${batch}: collecting ${line}`);
    const session = await options.openSession();
    ({ problems } = await collectBatch(interrupt, project, session, row, publisher));
  } else if (options.isWaiting && !active) ({ problems } = await publisher.publish());
  return await stateOf(project, row, problems.length);
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

function toJson(one: Collected): CollectDocument['batches'][number] {
  const { batch, active, left, problems, undecided, unserved, error } = one;
  return {
    batch,
    active,
    left: uncollectedJson(left),
    unwritten: problems,
    ...(undecided > 0 && { undecided }),
    ...(unserved.length > 0 && {
      unserved: unserved.map(({ key, why, next }) => ({
        account: accountName(key),
        why,
        next: [...next],
      })),
    }),
    ...(error && { error: error.message }),
  };
}

function toText(found: readonly Collected[]): string {
  if (found.length === 0) return 'Nothing is left to collect.';
  return found
    .flatMap(({ batch, active, left, problems, undecided, unserved, error }) => {
      if (problems > 0) return [`${batch}: ${problems} files are not written`];
      if (left.length === 0 && undecided > 0)
        return [
          `${batch}: ${undecided} ${undecided === 1 ? 'request waits' : 'requests wait'} for a decision: shotlist resolve ${batch}`,
        ];
      if (left.length === 0)
        return error ? [] : [`${batch}: all its paid files are on disk or decided`];
      const later = active ? `it is still running: shotlist watch ${batch}` : 'try again later';
      return left.flatMap((each) => {
        const missing = unserved.find(({ key }) => key === each.account);
        const why = missing ? `: ${unservedText(missing)}` : `; ${later}`;
        return uncollectedTexts([each]).map((text) => `${batch}: ${text} left${why}`);
      });
    })
    .join('\n');
}
