import { basename } from 'node:path';
import { Command } from 'commander';
import { messageOf, UserError } from '../errors.ts';
import type { AcceptedRun, BatchRow, BatchStatus } from '../ledger/port.ts';
import { freeze } from '../storage/frozen-batch.ts';
import { asUserError } from '../system-errors.ts';
import { confirmCost, planOptions, requestsOf } from './plan/confirm-cost.ts';
import type { LoadedBatch } from './project/batch-file.ts';
import { noteStart } from './engine/cost-facts.ts';
import { driveToEnd } from './engine/drive.ts';
import { type FollowOptions, statusOf } from './engine/follow.ts';
import { askForLostFiles } from './engine/lost-files.ts';
import { requireAccounts, requireKeys } from './engine/required-accounts.ts';
import { requireOwnKeys } from './vendor/own-keys.ts';
import { openBatchFile } from './project/informed-batch.ts';
import { claimName, projectOf } from './project/owner.ts';
import { SavedEntries, requirePlan } from './plan/saved-plan.ts';
import { refuseToPayAgain } from './plan/paid-elsewhere.ts';
import { type BatchPlan, planBatch } from './plan/plan-batch.ts';
import { formatPlan, planJson } from './plan/plan-format.ts';
import { printStatus } from './text/print-status.ts';
import { applySettings, type Project } from './project/project.ts';
import { openSession, type Session, startBatch } from './engine/session.ts';
import { type ExitCode, stateWord, totals } from './text/totals.ts';
import type { Terminal } from '../terminal.ts';

interface RunOptions {
  yes?: boolean;
  unknownPrices?: boolean;
  plan?: string;
  json?: boolean;
}

export function runCommand(terminal: Terminal, exit: (code: ExitCode) => void): Command {
  return new Command('run')
    .description('run a batch or continue it: plan, confirm the price, send, write the files')
    .argument('<file>', 'batch file')
    .option('-y, --yes', 'accept the plan and its price without asking')
    .option('--unknown-prices', 'also run shots with unknown prices')
    .option('--plan <id>', 'run only if the plan still has this id')
    .option('--json', 'print one JSON document at the end; progress goes to standard error')
    .addHelpText(
      'after',
      '\nExamples:\n  shotlist run spring.yaml\n  shotlist run spring.yaml --yes --json > result.json',
    )
    .action(async (file: string, options: RunOptions) => {
      exit(await runBatch(terminal, file, options));
    });
}

/** @returns the exit code, see docs/operating.md */
async function runBatch(terminal: Terminal, file: string, options: RunOptions): Promise<ExitCode> {
  const { loaded, project: opened } = await openBatchFile(terminal, file);
  await using project = opened;
  const row = await acceptedRun(terminal, loaded, project, options);
  // Reads balances while the server starts, before anything is spent.
  const balances = row.paid > 0 ? noteStart(project, row) : undefined;
  using interrupt = terminal.interrupted();
  const session = await openSession(project, {
    role: 'run',
    worker: loaded.config.temporal.address === undefined,
    say: (line) => terminal.say(line),
    interrupt,
  });
  try {
    if (session.uiUrl)
      terminal.say(`${row.batch}  run ${row.run}   Temporal's own view: ${session.uiUrl}`);
    await balances;
    await startBatch(session, row, project.ledger);
    const { status, exitCode, detached, published } = await followUntilEnd(
      terminal,
      project,
      session,
      row,
      { interrupt },
    );
    if (!options.json) {
      if (detached) terminal.say(detachedText(project, status));
      const { succeeded, cached, total } = totals(status);
      if (succeeded + cached === total && row.paid === 0)
        terminal.say('Nothing had to be paid for.');
    }
    await printStatus(terminal, project, status, options, published.problems);
    return exitCode;
  } finally {
    await session.close();
  }
}

/** A paused batch does not run again before it is resumed, but its paid files can be fetched. */
function detachedText(project: Project, { row }: BatchStatus): string {
  return row.state === 'paused'
    ? `detached; ${row.batch} is paused; fetch what is paid for with: shotlist collect ${project.argumentFor(row)}`
    : `detached; continue with: ${project.continueCommand(row)}`;
}

/** Reports a dead worker or a failed workflow. The server recovers by itself. */
async function followUntilEnd(
  terminal: Terminal,
  project: Project,
  session: Session,
  row: BatchRow,
  options: Pick<FollowOptions, 'interrupt'>,
) {
  try {
    return await driveToEnd(terminal, project, session, row, options);
  } catch (thrown) {
    const error = asUserError(thrown);
    if (error instanceof UserError) throw error;
    const status = await statusOf(project, row.batch).catch(() => undefined);
    if (!status) throw error;
    throw new UserError(`the connection to Temporal was lost: ${messageOf(error)}`, {
      exitCode: 1,
      next: [`nothing is lost; continue with: ${project.continueCommand(status.row)}`],
      cause: error,
    });
  }
}

/** Joins the current run, or plans a new one, asks for consent, and writes it to the ledger. */
async function acceptedRun(
  terminal: Terminal,
  loaded: LoadedBatch,
  project: Project,
  options: RunOptions,
): Promise<BatchRow & { readonly paid: number }> {
  const { document, files, path, folder, source } = loaded;
  const { ledger, blobs } = project;
  let planned = await planWhole(loaded, project);
  const recorded = files.recorded();
  const frozen = await freeze({ file: basename(path), source, folder, recorded, blobs });
  const current = await ledger.batches.get(document.batch);
  const name = claimName(project, { name: document.batch, path }, current);
  const takeName = async (): Promise<void> => {
    if (name.from === undefined) return;
    const own = { ownerPath: name.ownerPath, project: projectOf(loaded.config) };
    await ledger.batches.passOn(document.batch, name.from, own);
    terminal.say(`${document.batch} was ${name.was}; it is ${project.fileOf(name)} from now on`);
  };
  if (current && (await mayJoin(project, current, frozen))) {
    await requireAccounts(loaded, project, current);
    await requireOwnKeys(project, await ledger.plans.accountsOf(document.batch, 'run'));
    terminal.say(`continuing run ${current.run} of ${current.batch}`);
    await applySettings(project, [current]);
    await takeName();
    await ledger.batches.clearBlocks(current.batch);
    return { ...current, paid: Number.NaN };
  }
  if (await findLostFiles(terminal, project, planned.lost))
    planned = await planWhole(loaded, project);
  const { plan, entries } = planned;
  requireKeys(loaded, plan);
  await requireOwnKeys(project, usedAccounts(loaded, plan));
  terminal.say(`${formatPlan(loaded, plan)}\n`);
  const command = project.runCommand(name);
  const exactly = `${command} ${planOptions(plan)}`;
  if (options.plan !== undefined) {
    const now = planJson(loaded, plan, entries.list);
    await requirePlan(ledger.plans, options.plan, now, exactly);
  }
  if (options.yes && options.plan === undefined) refuseToPayAgain(plan, exactly);
  const consent = {
    yes: options.yes === true || options.plan !== undefined,
    unknownPrices: options.unknownPrices ?? false,
  };
  const unknownPrices = await confirmCost(terminal, plan, consent, command);
  await applySettings(project);
  await takeName();
  const row = await ledger.batches.startRun({
    ...runOf(loaded, plan, frozen, unknownPrices),
    ownerPath: name.ownerPath,
    project: projectOf(loaded.config),
  });
  return { ...row, paid: requestsOf(plan) };
}

/** Keys of the accounts where the plan sends requests, or waits for earlier ones. */
function usedAccounts({ config }: LoadedBatch, { cost, waitsAt }: BatchPlan): string[] {
  const waited = [...waitsAt].flatMap((name) => config.accounts.get(name)?.key ?? []);
  return [...[...cost.values()].map(({ account }) => account), ...waited];
}

/** The plan, and by account the fingerprints that it would pay again because a file was lost. */
async function planWhole(loaded: LoadedBatch, project: Project) {
  const entries = new SavedEntries();
  const lost = new Map<string, string[]>();
  const plan = await planBatch(loaded, project, (entry) => {
    entries.add(entry);
    const { account, fingerprint } = entry.shot;
    if (entry.isLost) lost.set(account, [...(lost.get(account) ?? []), fingerprint]);
  });
  return { plan, entries, lost };
}

/** @returns whether any file was fetched after all, so that the plan pays less */
async function findLostFiles(
  terminal: Terminal,
  project: Project,
  lost: ReadonlyMap<string, readonly string[]>,
): Promise<boolean> {
  const { submissions } = project.ledger;
  let saved = 0;
  for (const [account, fingerprints] of lost) {
    const outputs = await submissions.lostOutputs({ account, fingerprints });
    saved += (await askForLostFiles(terminal, project, outputs)).saved;
  }
  return saved > 0;
}

async function mayJoin(project: Project, current: BatchRow, frozen: string): Promise<boolean> {
  if (current.state === 'finished' || current.state === 'cancelled') return false;
  const status = await statusOf(project, current.batch);
  const { running, succeeded } = totals(status);
  const needsAnswer = status.stops.some(
    (stop) => (stop.kind === 'budget' && stop.scope !== 'account') || stop.kind === 'unknownPrice',
  );
  if (current.frozen === frozen) {
    if (current.state === 'paused')
      throw new UserError(`${current.batch} is paused`, {
        exitCode: 4,
        next: [project.continueCommand(current)],
      });
    return !needsAnswer || stateWord(status) === 'running';
  }
  if (running === 0 && succeeded === 0) return false;
  if (needsAnswer && running === 0) return false;
  throw new UserError(`${current.batch} changed while its run ${current.run} is under way`, {
    next: [
      `let it finish with the file as it was, or stop it first: shotlist cancel ${project.argumentFor(current)}`,
      'paid work stays; the next run pays for the difference only',
    ],
  });
}

function runOf(
  loaded: LoadedBatch,
  plan: BatchPlan,
  frozen: string,
  unknownPrices: boolean,
): Omit<AcceptedRun, 'ownerPath' | 'project'> {
  const { document, catalogue } = loaded;
  const { policy } = document;
  const shots = plan.steps.reduce((sum, step) => sum + step.shots, 0);
  const percent = policy.maxFailures.kind === 'percent' ? policy.maxFailures.percent : 0;
  const maxFailures = {
    none: null,
    count: policy.maxFailures.kind === 'count' ? policy.maxFailures.count : 0,
    percent: Math.max(10, Math.ceil((shots * percent) / 100)),
  }[policy.maxFailures.kind];
  return {
    batch: document.batch,
    frozen,
    policy: { ...policy, maxFailures },
    budget: Object.entries(document.budget).flatMap(([name, { amount, unit }]) => {
      const account = catalogue.get(name);
      return account ? [{ account: account.key, unit, cap: amount }] : [];
    }),
    accepted: [...plan.cost.values()].map(({ account, unit, amount }) => ({
      account,
      unit,
      cap: amount * (1 + policy.paidRetries),
    })),
    accounts: plan.accounts,
    unknownPrices,
    steps: document.steps.map(({ name, from, pick }) => ({ name, from: from ?? [], pick })),
  };
}
