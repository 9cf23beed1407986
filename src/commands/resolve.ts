import { Command } from 'commander';
import { UserError } from '../errors.ts';
import type { BatchRow, UnresolvedRow } from '../ledger/port.ts';
import { keyMatcher } from './resolve/matching-keys.ts';
import type { ResolveDocument } from './json/resolve.ts';
import { openBatch, type Project } from './project/project.ts';
import { type Decided, type Decision, Decisions } from './resolve/resolve-decisions.ts';
import type { Terminal } from '../terminal.ts';
import { askForEach } from './resolve/ask-for-each.ts';
import { lookAtUndecided, undecidedJson, undecidedText } from './resolve/undecided.ts';
import { shellQuoted } from '../shell-quoted.ts';
import { pricesText } from './text/unresolved-text.ts';
import { wakeBatches } from './engine/wake-batches.ts';

interface ResolveOptions {
  job?: string;
  again?: boolean;
  skip?: boolean;
  look?: boolean;
  yes?: boolean;
  json?: boolean;
}

export function resolveCommand(terminal: Terminal): Command {
  return new Command('resolve')
    .description('decide on parked shots: the answer was lost, or the job did not end')
    .argument('<batch>', 'name of a batch, or its file')
    .argument('[keys...]', "shots, such as stills/tram or 'stills/*'; default: ask for each")
    .option('--job <id>', 'name the job at the vendor; its files are collected')
    .option('--again', 'send it again; it may be paid twice')
    .option('--skip', 'skip it; its possible cost stays counted')
    .option('--look', 'only show them, with a page of the files of candidate jobs')
    .option('-y, --yes', 'send again without asking')
    .option('--json', 'print one JSON document')
    .addHelpText(
      'after',
      '\nExamples:\n' +
        '  shotlist resolve spring-video\n' +
        '  shotlist resolve spring-video --look\n' +
        '  shotlist resolve spring-video stills/tram--t3 --job 0198f2c4-5d1e-7a60-9b3f-8c2d1e5a0001\n' +
        "  shotlist resolve spring-video 'stills/*' --again --yes",
    )
    .action((batch: string, keys: string[], options: ResolveOptions) =>
      resolve(terminal, batch, keys, options),
    );
}

async function resolve(
  terminal: Terminal,
  name: string,
  keys: readonly string[],
  options: ResolveOptions,
): Promise<void> {
  const given = decisionOf(options);
  const { project, row } = await openBatch(terminal, name);
  await using _ = project;
  const waiting = await project.ledger.reports.unresolved(row.batch);
  const isForPerson = !given && !options.look && waiting.length > 0;
  if (isForPerson && (!terminal.isInteractive || options.json))
    throw new UserError('there is no terminal to ask on; give the decision as an option', {
      next: [
        `shotlist resolve ${project.argumentFor(row)} --look`,
        `shotlist resolve ${project.argumentFor(row)} KEY --job ID`,
        '... or --again --yes, or --skip',
      ],
    });
  if (given && keys.length === 0)
    throw new UserError(`name the shots to decide with --${given.kind}`, {
      next: [
        given.kind === 'job'
          ? `name one: shotlist resolve ${project.argumentFor(row)} KEY --job ${shellQuoted(given.jobId)}`
          : `all of them: shotlist resolve ${project.argumentFor(row)} '*' --${given.kind}`,
      ],
    });
  const decisions = await Decisions.open(project, row.batch);
  const about = { batch: row.batch, decisions };
  if (options.look)
    return await look(terminal, project, about, matching(waiting, keys), options.json ?? false);
  const decided = given
    ? await decideAll(terminal, decisions, { given, keys, waiting, options })
    : await askForEach(terminal, project, about, matching(waiting, keys), options.yes ?? false);
  await report(terminal, project, row, decided, options.json ?? false);
}

function decisionOf({ job, again, skip, look }: ResolveOptions): Decision | undefined {
  const given: Decision[] = [
    ...(job === undefined ? [] : [{ kind: 'job', jobId: job } as const]),
    ...(again ? [{ kind: 'again' } as const] : []),
    ...(skip ? [{ kind: 'skip' } as const] : []),
  ];
  if (given.length > 1 || (look && given.length > 0))
    throw new UserError('give one of --job, --again, --skip and --look');
  return given[0];
}

function matching(waiting: readonly UnresolvedRow[], keys: readonly string[]) {
  if (keys.length === 0) return waiting;
  const isMeant = keyMatcher(keys);
  const meant = waiting.filter(({ key }) => isMeant(key));
  if (meant.length > 0) return meant;
  throw new UserError(`no parked shot is called ${keys.join(' or ')}`, {
    next: [`parked: ${waiting.map(({ key }) => key).join(', ') || 'none'}`],
  });
}

/** Applies one decision from the command line to all selected requests. */
async function decideAll(
  terminal: Terminal,
  decisions: Decisions,
  {
    given,
    keys,
    waiting,
    options,
  }: {
    given: Decision;
    keys: readonly string[];
    waiting: readonly UnresolvedRow[];
    options: ResolveOptions;
  },
): Promise<readonly Decided[]> {
  const [only = ''] = keys;
  if (given.kind === 'job' && keys.length === 1 && !waiting.some(({ key }) => key === only)) {
    const late = await decisions.lateJob(only, given.jobId);
    if (late) return [late];
  }
  const meant = matching(waiting, keys);
  if (given.kind === 'job' && meant.length > 1)
    throw new UserError(`one job cannot be ${meant.length} shots`, {
      next: [`they are: ${meant.map(({ key }) => key).join(', ')}`],
    });
  if (given.kind === 'again' && !options.yes) await acceptTwice(terminal, meant);
  const decided: Decided[] = [];
  for (const row of meant) decided.push(await decisions.decide(row, given));
  return decided;
}

/** @throws UserError when there is no terminal to ask on, or the answer is no */
async function acceptTwice(terminal: Terminal, rows: readonly UnresolvedRow[]): Promise<void> {
  const cost = pricesText(rows.map(({ price }) => price));
  const what = `Sending ${rows.length === 1 ? 'it' : `${rows.length} requests`} again may cost ${cost} twice`;
  if (!terminal.isInteractive) throw new UserError(what, { next: ['confirm with --yes'] });
  if (!/^y(es)?$/i.test(await terminal.ask(`${what}. Send again?  [y/N]`)))
    throw new UserError('nothing was changed', { exitCode: 4 });
}

const nothingParked = (batch: string): string => `${batch}: nothing is parked`;

/** Shows all requests and decides nothing. */
async function look(
  terminal: Terminal,
  project: Project,
  about: { readonly batch: string; readonly decisions: Decisions },
  waiting: readonly UnresolvedRow[],
  json: boolean,
): Promise<void> {
  const { batch, decisions } = about;
  const undecided = await lookAtUndecided(terminal, project, about, waiting);
  if (json) {
    terminal.print(JSON.stringify(undecidedJson(batch, waiting, undecided)));
    return;
  }
  if (waiting.length === 0) return terminal.print(nothingParked(batch));
  for (const row of waiting) terminal.print(undecidedText(row, decisions, undecided));
  terminal.print(
    undecided.page === undefined
      ? 'no vendor shows a candidate job'
      : `files of the candidate jobs: ${undecided.page}`,
  );
}

/** Wakes running batches, and shows how to continue the stopped ones. */
async function report(
  terminal: Terminal,
  project: Project,
  row: BatchRow,
  decided: readonly Decided[],
  json: boolean,
): Promise<void> {
  const left = (await project.ledger.reports.unresolved(row.batch)).length;
  const batches = [...new Set(decided.flatMap((one) => [row.batch, ...one.batches]))];
  const { running, next } = await wakeBatches(project, batches);
  const isOpen = decided.some(({ decision }) => decision !== 'skip');
  if (json) {
    const resolved = decided.map(({ key, submission, decision, jobId }) => ({
      key,
      submission,
      decision,
      jobId,
    }));
    const document = { batch: row.batch, resolved, left, running, next: isOpen ? next : [] };
    terminal.print(JSON.stringify(document satisfies ResolveDocument));
    return;
  }
  for (const { said } of terminal.isInteractive ? [] : decided) terminal.print(said);
  const sum = `${row.batch}: ${decided.length} decided, ${left === 0 ? 'none left' : `${left} left`}`;
  terminal.print(decided.length === 0 && left === 0 ? nothingParked(row.batch) : sum);
  if (isOpen && next.length > 0)
    terminal.say(`No worker runs it now. Continue with: ${next.join('; ')}`);
}
