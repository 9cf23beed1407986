import type { Problem } from '../../../src/batch/problem.ts';
import { checkBatch } from '../../../src/batch/checks/check-batch.ts';
import { parseBatch } from '../../../src/batch/file/parse.ts';
import { formatProblems } from '../../../src/batch/file/report-problems.ts';
import {
  formatSummary,
  type ShownProject,
  statusJson,
} from '../../../src/commands/text/summary.ts';
import { exitCodeOf } from '../../../src/commands/text/totals.ts';
import { problemsOf } from '../../../src/commands/text/problems.ts';
import type { BatchStatus, BlockReason, ShotRow, SubmissionRow } from '../../../src/ledger/port.ts';
import type { SimulatorSettings } from '../../../src/simulator/index.ts';
import { diskFiles } from '../../../src/storage/disk-files.ts';
import type { RunInput } from '../../../src/activities/own-work.ts';
import { openStudio, type Studio } from '../studio.ts';

/** A vendor as a user sets it up, and a model that every shot of these tests asks for. */
export interface Client {
  readonly title: string;
  readonly account: string;
  readonly model: string;
  /** Where it differs from what every other has. */
  readonly settingsFile?: string;
  readonly references?: string;
  /** Whether it lists its jobs: then what became of a lost answer can be found out. */
  readonly lists: boolean;
}

const reference = 'references: [https://example.com/shoe.jpg]';

export const clients: readonly Client[] = [
  { title: 'PhotoGPT', account: 'photogpt', model: 'nanobanana', lists: true },
  {
    title: 'ProductAI',
    account: 'productai',
    model: 'nanobanana',
    references: reference,
    lists: true,
  },
  {
    title: 'ProductAI, dialect b',
    account: 'productai',
    model: 'nanobanana',
    references: reference,
    settingsFile: 'accounts: { productai: { dialect: b } }',
    lists: false,
  },
  { title: 'Wonda', account: 'wonda', model: 'nano-banana-2', lists: false },
  { title: 'GPTImage2API', account: 'gptimage2api', model: 'gpt-image-2', lists: false },
];

/** What is known of a batch at one moment, and what a person is shown of it. */
export interface Look {
  readonly shots: readonly ShotRow[];
  readonly submissions: readonly SubmissionRow[];
  readonly blocks: readonly BlockReason[];
  /** How long the first of them lasts, counted from the answer that brought it about. */
  readonly blockedSeconds: number | undefined;
  /** What `shotlist status` prints. */
  readonly text: string;
  readonly next: readonly string[];
  readonly exitCode: number;
}

export interface Scenario {
  readonly simulated?: Partial<SimulatorSettings>;
  readonly shots?: number;
  /** Beside the prompt of each shot, and in place of the client's model. */
  readonly model?: (client: Client) => string;
  readonly head?: (client: Client) => string;
  /** The problem lasts until this is seen. */
  readonly until?: (look: Look, client: Client) => boolean;
  /** What a person fixes at the vendor before `shotlist resume`. */
  readonly fix?: Partial<SimulatorSettings>;
}

export interface Course {
  /** While the problem lasts; else as it ended. */
  readonly during: Look;
  readonly end: Look;
  /** After `fix` and `resume`. */
  readonly fixed: Look | undefined;
  /** Paid requests that the vendor carried out, and those that it saw. */
  readonly accepted: number;
  readonly posts: number;
  /** How often each fault struck. */
  readonly faults: Readonly<Record<string, number>>;
  /** Where the account's key is read from. */
  readonly keyVariable: string;
}

async function openFor({ account, settingsFile }: Client, settings: Partial<SimulatorSettings>) {
  // Far more requests a minute than any of these tests sends: nothing here is about the pace.
  return await openStudio(
    settings,
    // Nothing here is about slow answers, or about jobs without an end.
    { postMs: 5_000, imageJobMs: 3_600_000 },
    { perMinute: 60_000 },
    { account, ...(settingsFile !== undefined && { settingsFile }) },
  );
}

/** One batch at one client, through its problem to its end. */
export async function playOut(client: Client, problem: Scenario): Promise<Course> {
  const studio = await openFor(client, problem.simulated ?? {});
  try {
    const input = await studio.startRun(sourceOf(client, problem));
    const look = (): Promise<Look> => lookAt(studio, input.batch);
    let during =
      problem.until &&
      (await runUntil(studio, input, look, (seen) => problem.until?.(seen, client) === true));
    const { results } = await studio.runStep(input, 'draw', 2);
    const close = async (): Promise<unknown> =>
      await studio.environmentOf().run(studio.activities.finishRun, { ...input, final: true });
    if (results.every(({ kind }) => kind === 'done')) await close();
    const end = await look();
    // Where nothing was left to do, the two looks differ only in that the run had not closed.
    const isUnderWay = during?.shots.some(({ state }) => state === 'open' || state === 'bound');
    if (!during || isUnderWay !== true) during = end;
    let fixed: Look | undefined;
    if (problem.fix) {
      Object.assign(studio.simulator.settings, problem.fix);
      await studio.ledger.batches.clearBlocks(input.batch);
      await studio.runStep(input, 'draw', 3);
      await close();
      fixed = await look();
    }
    const { book } = studio.simulator;
    const posts = Object.entries(book.requests).filter(([request]) => request.startsWith('POST'));
    const sum = posts.reduce((all, [, count]) => all + count, 0);
    return {
      during,
      end,
      fixed,
      accepted: book.accepted.length,
      posts: sum,
      faults: { ...book.faults },
      keyVariable: studio.config.accounts.get(client.account)?.keyVariable ?? '',
    };
  } finally {
    await studio.close();
  }
}

/** What the checks before any request say of a file, as they print it. */
export async function checkOnly(
  client: Client,
  source: string,
): Promise<{ problems: readonly Problem[]; text: string; requests: number }> {
  const studio = await openFor(client, {});
  try {
    const { document, problems: read } = parseBatch(source, 'batch.yaml');
    const context = { files: diskFiles(studio.home), catalogue: studio.deps.catalogue };
    const problems = [...read, ...(document ? checkBatch(document, context) : [])];
    const text = formatProblems(problems, () => source);
    return { problems, text, requests: Object.keys(studio.simulator.book.requests).length };
  } finally {
    await studio.close();
  }
}

export function sourceOf(client: Client, { shots = 1, model, head }: Scenario = {}): string {
  const rows = ['fox', 'hen', 'owl'].slice(0, shots).map((what) => `{ what: ${what} }`);
  const lines = [
    'batch: shoes',
    ...(head ? [head(client)] : []),
    'steps:',
    '  draw:',
    `    rows: [${rows.join(', ')}]`,
    `    model: ${model?.(client) ?? `${client.account}:${client.model}`}`,
    '    prompt: a {{ what }} in the snow',
    ...(client.references ? [`    ${client.references}`] : []),
    '    name: "{{ what }}"',
  ];
  return `${lines.join('\n')}\n`;
}

/**
 * Runs the step until the problem shows, and no longer; then the problem ends, and a minute passes: more
 * than any block lasts, and than an answer may take.
 */
async function runUntil(
  studio: Studio,
  input: RunInput,
  look: () => Promise<Look>,
  reached: (look: Look) => boolean,
): Promise<Look> {
  const [{ lane, account } = { lane: '', account: '' }] = await studio.lanesOf(input, 'draw');
  const range = { ...input, lane, account, from: 0, to: 1, reportAfterMs: null };
  const environment = studio.environmentOf();
  const running = environment.run(studio.activities.runShots, range).catch(() => undefined);
  const seen = await lookUntil(look, reached);
  environment.cancel('WORKER_SHUTDOWN');
  await running;
  studio.simulator.settings.faults = [];
  studio.restart(60_000);
  return seen;
}

async function lookUntil(
  look: () => Promise<Look>,
  reached: (look: Look) => boolean,
): Promise<Look> {
  for (const start = Date.now(); Date.now() - start < 20_000;) {
    const now = await look();
    if (reached(now)) return now;
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
  throw new Error(`the problem never showed: ${(await look()).text}`);
}

const shown: ShownProject = {
  outFolder: 'out',
  argumentFor: ({ batch }) => batch,
  runCommand: ({ ownerPath }) => `shotlist run ${ownerPath}`,
  keyVariableOf: () => undefined,
};

async function lookAt(studio: Studio, batch: string): Promise<Look> {
  const { reports } = studio.ledger;
  // A refusal's block is recorded before its submission: read the other way round, neither is missed.
  const submissions = await Array.fromAsync(reports.submissions(batch));
  const status: BatchStatus | undefined = await reports.status(batch);
  if (!status) throw new Error(`no batch ${batch}`);
  // As where the vendor itself answers, and the same in every run of the tests.
  const plain = (text: string): string => withoutChance(studio, text);
  const plainly = (text: string | null): string | null => text && plain(text);
  const shots = await Array.fromAsync(reports.shots(batch));
  const problems = await problemsOf(reports, status);
  const notes = (await reports.fileNotes(batch)).map((note) => ({ ...note, why: plain(note.why) }));
  const text = formatSummary(status, shown, { problems, notes });
  const { next } = statusJson(status, shown, { problems }) as { next: readonly string[] };
  return {
    shots: shots.map((shot) => ({
      ...shot,
      outputs: shot.outputs.map((output) => ({ ...output, why: plainly(output.why) })),
    })),
    submissions: submissions.map((one) => ({ ...one, why: plainly(one.why) })),
    blocks: status.blocks.map(({ reason }) => reason),
    blockedSeconds: secondsFrom(
      submissions.findLast(({ endedAt }) => endedAt !== null)?.endedAt,
      status.blocks[0]?.until,
    ),
    text: plain(text),
    next: next.map(plain),
    exitCode: exitCodeOf(status),
  };
}

function secondsFrom(start: number | null | undefined, end: number | null | undefined) {
  return typeof start === 'number' && typeof end === 'number'
    ? Math.round((end - start) / 1_000)
    : undefined;
}

function withoutChance({ home, simulator, config }: Studio, text: string): string {
  let plain = text.replaceAll(`${home}/`, '');
  for (const { vendor } of config.accounts.values())
    plain = plain.replaceAll(simulator.baseUrls[vendor.id] ?? '', vendor.baseUrl);
  return plain
    .replaceAll(simulator.url, 'https://files.example')
    .replaceAll(/(?<=\(until )\d\d:\d\d:\d\d/g, '12:00:30')
    .replaceAll(/(?<=\/)(ij_|job_|tsk_)?[0-9a-fA-F-]{16,}|tsk_[0-9A-Z]{26}|(?<=\/job\/)\d+/g, 'ID');
}
