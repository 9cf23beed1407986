import { Command } from 'commander';
import type { AccountConfig } from '../../config/accounts.ts';
import { loadConfig } from '../../config/config.ts';
import { UserError } from '../../errors.ts';
import type { KnownThing, RemoteLedger } from '../../ledger/port.ts';
import type { Listing, Provider, RemoteThing } from '../../providers/port.ts';
import type { DeletedDocument, ThingEntry } from '../json/vendor-things.ts';
import { ageOf } from '../text/age.ts';
import { requireOwnKeys } from './own-keys.ts';
import { hasLedger, openProject } from '../project/project.ts';
import { alignColumns } from '../text/table.ts';
import { accountOf, asked, connect, noSuchCall, unreadText } from './vendor-call.ts';
import type { Terminal } from '../../terminal.ts';

/** How a command lists and deletes one kind of object at a vendor. */
export interface ThingsOf {
  readonly name: 'uploads' | 'trained';
  readonly description: string;
  /** `upload`, `trained model`. */
  readonly noun: string;
  /** Shown in the help. */
  readonly advice?: string;
  /** Undefined where the vendor has no such call. */
  readonly open: (provider: Provider) => ThingsPort | undefined;
  /** Effect of the deletion on a later batch, and its cost. */
  readonly later: (account: AccountConfig) => string;
  readonly forget: (ledger: RemoteLedger, account: string, id: string) => Promise<void>;
}

interface ThingsPort {
  list(): Promise<Listing<RemoteThing>>;
  delete?(id: string): Promise<void>;
}

interface Options {
  delete?: string[];
  deleteAll?: boolean;
  yes?: boolean;
  json?: boolean;
}

/** The context of a command on one account, while the project's ledger is open. */
interface Desk {
  readonly terminal: Terminal;
  readonly of: ThingsOf;
  readonly account: AccountConfig;
  readonly provider: Provider;
  readonly port: ThingsPort;
  /** Undefined when no batch has run here yet. */
  readonly remotes: RemoteLedger | undefined;
}

export function thingsCommand(terminal: Terminal, of: ThingsOf): Command {
  const { name, noun, description, advice } = of;
  return new Command(name)
    .description(description)
    .argument('<account>', 'name of an account, such as acme')
    .option('--delete <id...>', `delete these at the vendor, after a confirmation`)
    .option('--delete-all', `delete every ${noun} of the account, after a confirmation`)
    .option('-y, --yes', 'delete without asking')
    .option('--json', 'print one JSON document')
    .addHelpText(
      'after',
      `${advice === undefined ? '' : `\n${advice}\n`}\nExamples:\n  shotlist ${name} acme\n  shotlist ${name} acme --delete-all --yes`,
    )
    .action((account: string, options: Options) => run(terminal, of, account, options));
}

async function run(terminal: Terminal, of: ThingsOf, name: string, options: Options) {
  if (options.delete && options.deleteAll)
    throw new UserError('give one of --delete and --delete-all');
  const config = loadConfig(terminal.environment, terminal.folder);
  const account = accountOf(config, name);
  const provider = connect(account);
  const port = of.open(provider);
  if (!port)
    throw noSuchCall(account, `${account.vendor.title} has no call that lists ${of.noun}s`);
  await using project = hasLedger(config) ? await openProject(terminal, config) : undefined;
  const desk = { terminal, of, account, provider, port, remotes: project?.ledger.remotes };
  const { entries: held, unreadable } = await asked(provider, () => port.list());
  const known = (await desk.remotes?.knownThings(account.key)) ?? new Map<string, KnownThing>();
  const wanted = options.deleteAll ? held.map(({ id }) => id) : options.delete;
  if (unreadable > 0) terminal.say(unreadText(account, unreadable));
  if (!wanted) show(desk, { entries: held, unreadable }, known, options.json ?? false);
  else {
    // To a strange key, things of the account seem deleted already.
    if (project) await requireOwnKeys(project, [account.key]);
    await remove(desk, checked(desk, wanted, held, known), options);
  }
}

function show(
  { terminal, of, account }: Desk,
  { entries: held, unreadable }: Listing<RemoteThing>,
  known: ReadonlyMap<string, KnownThing>,
  json: boolean,
): void {
  if (json) {
    const things = held.map(({ id, name, createdAt, state }): ThingEntry => ({
      id,
      name,
      createdAt: createdAt === null ? null : new Date(createdAt).toISOString(),
      state,
      known: known.get(id) ?? null,
    }));
    terminal.print(JSON.stringify({ account: account.name, [of.name]: things, unreadable }));
    return;
  }
  const rows = held.map(({ id, name, createdAt, state }) => [
    id,
    name ?? '-',
    createdAt === null ? '-' : ageOf(Date.now() - createdAt),
    state ?? '-',
    wordFor(known.get(id)),
  ]);
  const ours = held.filter(({ id }) => known.has(id)).length;
  const total = `${counted(held.length, of.noun)} at ${account.name}, ${ours} known to this project`;
  if (rows.length > 0)
    terminal.print(
      alignColumns([['id', 'name', 'age', 'state', 'this project'], ...rows]).join('\n'),
    );
  terminal.print(total);
}

const words = { reference: 'reference', image: 'training image', model: 'training' } as const;

function wordFor(known: KnownThing | undefined): string {
  if (!known) return 'unknown';
  return `${words[known.kind]} ${known.name ?? `${known.hash.slice(0, 8)}, in no batch any more`}`;
}

function counted(count: number, noun: string): string {
  return `${count} ${noun}${count === 1 ? '' : 's'}`;
}

/** Accepts an id that only the ledger still has: an earlier deletion may have been interrupted. */
function checked(
  { of, account }: Desk,
  wanted: readonly string[],
  held: readonly RemoteThing[],
  known: ReadonlyMap<string, KnownThing>,
): readonly string[] {
  const ids = new Set(held.map(({ id }) => id));
  const strangers = wanted.filter((id) => !ids.has(id) && !known.has(id));
  if (strangers.length === 0) return [...new Set(wanted)];
  throw new UserError(`${account.name} holds no ${of.noun} ${strangers.join(', ')}`, {
    next: [`see what it holds: shotlist ${of.name} ${account.name}`, 'nothing was deleted'],
  });
}

async function remove(desk: Desk, ids: readonly string[], options: Options): Promise<void> {
  const { terminal, of, account, provider, port, remotes } = desk;
  const { delete: deleteOne } = port;
  if (!deleteOne)
    throw noSuchCall(account, `${account.vendor.title} has no call that deletes ${of.noun}s`);
  if (ids.length > 0 && !options.yes) await confirm(desk, ids.length);
  for (const [index, id] of ids.entries()) {
    await asked(provider, () => deleteOne.call(port, id)).catch((error: unknown) => {
      terminal.say(`${index} of ${ids.length} were deleted; ${id} was not`);
      throw error;
    });
    if (remotes) await of.forget(remotes, account.key, id);
  }
  if (options.json)
    terminal.print(
      JSON.stringify({ account: account.name, deleted: ids } satisfies DeletedDocument),
    );
  else terminal.print(`deleted ${counted(ids.length, of.noun)} at ${account.name}`);
}

async function confirm({ terminal, of, account }: Desk, count: number): Promise<void> {
  const what = counted(count, of.noun);
  const question = `Delete ${what} at ${account.vendor.title}? ${of.later(account)}.`;
  if (!terminal.isInteractive)
    throw new UserError(`this deletes ${what} and there is no terminal to ask on`, {
      next: [of.later(account), 'confirm with --yes'],
    });
  if (/^y(es)?$/i.test(await terminal.ask(`${question}  [y/N]`))) return;
  throw new UserError('nothing was deleted', { exitCode: 4 });
}
