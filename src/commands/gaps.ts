import { Command } from 'commander';
import { accountName } from '../batch/ids.ts';
import { loadConfig } from '../config/config.ts';
import { UserError } from '../errors.ts';
import type { Gap } from '../ledger/port.ts';
import { isoTime } from '../report/sidecar.ts';
import type { Terminal } from '../terminal.ts';
import { hasLedger, openProject, type Project } from './project/project.ts';
import type { GapsDocument } from './json/ledger-file.ts';
import { gapText } from './text/gaps.ts';

interface GapsOptions {
  readonly close?: string;
  readonly yes?: boolean;
  readonly json?: boolean;
}

export function gapsCommand(terminal: Terminal): Command {
  return new Command('gaps')
    .description('list times in which the ledger may not know all sent requests; close one')
    .option(
      '--close <gap>',
      'close the gap with this number; all its requests are known or decided',
    )
    .option('-y, --yes', 'close it without asking')
    .option('--json', 'print one JSON document')
    .addHelpText(
      'after',
      '\nA restored, exchanged or copied ledger has a gap. A request that may have been sent in it is looked up\n' +
        "in its vendor's list of jobs, or parked for shotlist resolve. See docs/backup.md.\n\n" +
        'Examples:\n  shotlist gaps\n  shotlist gaps --close 1',
    )
    .action(async (options: GapsOptions) => {
      const config = loadConfig(terminal.environment, terminal.folder);
      if (!hasLedger(config))
        throw new UserError(`no batch has run in ${config.home}`, {
          next: ['go to the project folder'],
        });
      await using project = await openProject(terminal, config);
      if (options.close !== undefined) await close(terminal, project, options.close, options);
      await print(terminal, project, options.json ?? false);
    });
}

/** @throws UserError when there is no such open gap, no terminal to confirm on, or the answer is no */
async function close(
  terminal: Terminal,
  { ledger: { gaps } }: Project,
  written: string,
  { yes }: GapsOptions,
): Promise<void> {
  const open = (await gaps.list({ closed: true })).filter(({ closedAt }) => closedAt === null);
  const gap = open.find(({ id }) => String(id) === written);
  if (!gap)
    throw new UserError(`no open gap has the number ${written}`, {
      next: [`open: ${open.map(({ id }) => id).join(', ') || 'none'}`],
    });
  if (!yes) {
    const cost =
      'Requests of this gap that the ledger does not know may then be sent and paid again.';
    if (!terminal.isInteractive)
      throw new UserError(
        'closing a gap needs a confirmation, and there is no terminal to ask on',
        {
          next: [`${cost} Close it with --yes`],
        },
      );
    terminal.say(`${gapText(gap)}. ${cost}`);
    const answer = await terminal.ask('Close it?  [y/N]');
    if (!/^y(es)?$/i.test(answer)) throw new UserError('nothing was changed', { exitCode: 4 });
  }
  await gaps.close(gap.id);
}

async function print(terminal: Terminal, { ledger }: Project, json: boolean): Promise<void> {
  const gaps = await ledger.gaps.list({ closed: true });
  if (json)
    return terminal.print(JSON.stringify({ gaps: gaps.map(gapJson) } satisfies GapsDocument));
  if (gaps.length === 0) return terminal.print('The ledger knows all its requests.');
  for (const gap of gaps) terminal.print(lineOf(gap));
}

function lineOf(gap: Gap): string {
  const clear = gap.clearAccounts.map((account) => accountName(account));
  const known = clear.length > 0 ? `; no unknown job was sent to ${clear.join(', ')}` : '';
  const asked = gap.isOpen ? 'open' : 'asked about trainings only';
  const state = gap.closedAt === null ? `${asked}${known}` : `closed ${isoTime(gap.closedAt)}`;
  return `${gap.id}  ${state}: ${gapText(gap)}`;
}

function gapJson(gap: Gap): GapsDocument['gaps'][number] {
  const { id, from, to, why, foundAt, closedAt, isOpen, clearAccounts } = gap;
  return {
    gap: id,
    from: new Date(from).toISOString(),
    to: new Date(to).toISOString(),
    why,
    found: isoTime(foundAt),
    closed: isoTime(closedAt),
    open: isOpen,
    clear: clearAccounts.map((account) => accountName(account)),
  };
}
