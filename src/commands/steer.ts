import { Command } from 'commander';
import { UserError } from '../errors.ts';
import type { BatchRow, BatchState, Uncollected } from '../ledger/port.ts';
import { uncollectedJson, uncollectedTexts } from './text/uncollected.ts';
import type { SteerDocument } from './json/steering.ts';
import { applySettings, openBatch, type Project } from './project/project.ts';
import { notifyWorkflow } from './engine/notify-workflow.ts';
import type { Terminal } from '../terminal.ts';

/** `pause`, `resume` and `cancel` write the ledger first, so that they apply even when nothing runs. */
interface Steering {
  readonly name: 'pause' | 'resume' | 'cancel';
  readonly description: string;
  readonly to: SteerDocument['state'];
  /** States that it applies to. It applies to its own as well, so that it may be repeated. */
  readonly from: readonly BatchState[];
  readonly done: string;
  readonly already: string;
}

const steerings: Readonly<Record<Steering['name'], Steering>> = {
  pause: {
    name: 'pause',
    description: 'send no more requests; collect running jobs',
    to: 'paused',
    from: ['running', 'paused'],
    done: 'paused: nothing more is submitted, running jobs are collected',
    already: 'is already paused',
  },
  resume: {
    name: 'resume',
    description: 'resume a paused or blocked batch',
    to: 'running',
    from: ['paused', 'running'],
    done: 'resumed',
    already: 'is already running; blocked work is tried again',
  },
  cancel: {
    name: 'cancel',
    description: 'stop a batch for good; collect the paid jobs',
    to: 'cancelled',
    from: ['running', 'paused', 'cancelled'],
    done: 'cancelled: nothing more is submitted, paid jobs are collected',
    already: 'is already cancelled',
  },
};

export function steerCommand(terminal: Terminal, name: Steering['name']): Command {
  const steering = steerings[name];
  const command = new Command(name)
    .description(steering.description)
    .argument('<batch>', 'name of a batch, or its file')
    .option('--json', 'print one JSON document');
  if (name === 'cancel')
    command.option('--abandon', 'do not wait for running jobs; collect can fetch them later');
  return command
    .addHelpText('after', `\nExample:\n  shotlist ${name} spring-lookbook`)
    .action((batch: string, options: { json?: boolean; abandon?: boolean }) =>
      steer(terminal, steering, batch, options),
    );
}

async function steer(
  terminal: Terminal,
  steering: Steering,
  name: string,
  options: { json?: boolean; abandon?: boolean },
): Promise<void> {
  const { project, row } = await openBatch(terminal, name);
  await using _ = project;
  const { batches } = project.ledger;
  if (steering.name === 'resume') await applySettings(project, [row]);
  if (!(await batches.setState(row.batch, steering.to, steering.from)))
    throw new UserError(`${row.batch} is ${row.state}; ${steering.name} does not apply`, {
      next: [
        steering.name === 'resume'
          ? `start a new run: ${project.runCommand(row)}`
          : `see its state: shotlist status ${project.argumentFor(row)}`,
      ],
    });
  if (steering.name === 'resume') await batches.clearBlocks(row.batch);
  const isRunning = await notifyWorkflow(
    project.config,
    row.batch,
    steering.name === 'cancel'
      ? { kind: 'cancel', abandon: options.abandon ?? false }
      : { kind: 'wake', reopened: false },
  );
  const left = await project.ledger.reports.uncollected(row.batch);
  const next = isRunning && !options.abandon ? [] : nextOf(steering.name, project, row, left);
  if (options.json)
    terminal.print(
      JSON.stringify({
        batch: row.batch,
        state: steering.to,
        running: isRunning,
        left: uncollectedJson(left),
        next,
      } satisfies SteerDocument),
    );
  else {
    const done = row.state === steering.to ? steering.already : steering.done;
    terminal.print(`${row.batch} ${options.abandon ? abandoned : done}`);
    const why = options.abandon ? 'left' : 'not collected yet';
    if (steering.name !== 'resume' && (options.abandon || !isRunning))
      for (const text of uncollectedTexts(left)) terminal.print(`  ${why}: ${text}`);
    const goOn = left.length > 0 && steering.name !== 'resume' ? 'Collect them' : 'Continue';
    const lead = options.abandon
      ? 'Collect them later with'
      : `No worker runs it now. ${goOn} with`;
    if (next.length > 0) terminal.say(`${lead}: ${next.join('')}`);
  }
}

const abandoned = 'cancelled: nothing more is submitted, and running jobs are not waited for';

/** A batch that is stopped need not run again to get its paid files: `collect` fetches them. */
function nextOf(
  name: Steering['name'],
  project: Project,
  row: BatchRow,
  left: readonly Uncollected[],
): string[] {
  const batch = project.argumentFor(row);
  if (name === 'resume') return [project.runCommand(row)];
  if (left.length > 0) return [`shotlist collect ${batch}`];
  return name === 'pause' ? [`shotlist resume ${batch}`] : [];
}
