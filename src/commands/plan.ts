import { Command } from 'commander';
import { UserError } from '../errors.ts';
import { shellQuoted } from '../shell-quoted.ts';
import { openBatchFile } from './project/informed-batch.ts';
import { claimName } from './project/owner.ts';
import { SavedEntries, savePlan } from './plan/saved-plan.ts';
import { planOptions } from './plan/confirm-cost.ts';
import { planBatch, type PlannedEntry } from './plan/plan-batch.ts';
import type { ShotDocument, ShownShotDocument } from './json/plan.ts';
import { formatPlan, planJson, shotJson } from './plan/plan-format.ts';
import { alignColumns } from './text/table.ts';
import type { Terminal } from '../terminal.ts';

export function planCommand(terminal: Terminal): Command {
  return new Command('plan')
    .description('show the work and the price of a run; pay nothing')
    .argument('<file>', 'batch file')
    .option('--shots', 'list every shot')
    .option('--show <key>', 'show the full request of one shot')
    .option('--json', 'print one JSON document')
    .addHelpText(
      'after',
      '\nSome vendors quote prices on request. plan asks for one if the key is set and\nthe last quote is older than a day.\n\nExamples:\n  shotlist plan spring.yaml\n  shotlist plan spring.yaml --show portraits/linen--t2',
    )
    .action(async (file: string, options: { shots?: boolean; show?: string; json?: boolean }) => {
      const { loaded, project: opened } = await openBatchFile(terminal, file);
      await using project = opened;
      const { document, path } = loaded;
      const current = await project.ledger.batches.get(document.batch);
      claimName(project, { name: document.batch, path }, current);
      const kept = new SavedEntries();
      const entries: ShotDocument[] = [];
      let found: PlannedEntry | undefined;
      const plan = await planBatch(loaded, project, (entry) => {
        kept.add(entry);
        if (options.shots) entries.push(shotJson(entry));
        if (entry.shot.key === options.show) found = entry;
      });
      await savePlan(project.ledger.plans, planJson(loaded, plan, kept.list));
      if (options.show !== undefined) {
        if (!found)
          throw new UserError(`no shot is called ${options.show}`, {
            next: [`list them: shotlist plan ${shellQuoted(file)} --shots`],
          });
        const { shot, status, why } = found;
        const price = { ...shot.price, amount: shotJson(found).price };
        const document = { ...shot, price, status, why } satisfies ShownShotDocument;
        terminal.print(JSON.stringify(document, null, 2));
      } else if (options.json) {
        const document = planJson(loaded, plan, options.shots ? entries : undefined);
        terminal.print(JSON.stringify(document));
      } else {
        if (options.shots) terminal.print(`${shotTable(entries)}\n`);
        terminal.print(formatPlan(loaded, plan));
        // `run` refuses a paused batch.
        terminal.print(
          current?.state === 'paused'
            ? `\nIt is paused        ${project.continueCommand(current)}`
            : `\nExactly this plan   shotlist run ${shellQuoted(file)} ${planOptions(plan)}`,
        );
      }
    });
}

function shotTable(entries: readonly ShotDocument[]): string {
  const rows = entries.map(({ key, status, why, price }) => [key, status, price ?? '?', why]);
  return alignColumns([['SHOT', 'STATUS', 'PRICE', 'WHY'], ...rows]).join('\n');
}
