import { accessSync, constants } from 'node:fs';
import { dirname } from 'node:path';
import { Command } from 'commander';
import { providerOf } from '../accounts/provider.ts';
import type { AccountConfig } from '../config/accounts.ts';
import { type Config, loadConfig } from '../config/config.ts';
import { missingAccess } from '../hosting/open-host.ts';
import { formatAmount } from '../money.ts';
import { connectTemporal } from '../temporal/connect.ts';
import { locateServer } from '../temporal/find-server.ts';
import { runningServer } from '../temporal/running-server.ts';
import type { DoctorDocument } from './json/doctor.ts';
import type { ExitCode } from './text/totals.ts';
import { alignColumns } from './text/table.ts';
import { openSqliteLedger } from '../ledger/sqlite/index.ts';
import { hasLedger } from './project/project.ts';
import { gapWarning } from './text/gaps.ts';
import { systemFailure } from '../system-errors.ts';
import type { Terminal } from '../terminal.ts';
import { messageOf } from '../errors.ts';

type Finding = DoctorDocument['findings'][number];

export function doctorCommand(terminal: Terminal, exit: (code: ExitCode) => void): Command {
  return new Command('doctor')
    .description('check configuration, connections and keys; send nothing paid')
    .option('--json', 'print one JSON document')
    .addHelpText('after', '\nExample:\n  shotlist doctor')
    .action(async (options: { json?: boolean }) => {
      const config = loadConfig(terminal.environment, terminal.folder);
      const findings = [
        nodeFinding(),
        { what: 'project', state: 'good' as const, detail: config.home },
        ...(await ledgerFindings(config)),
        await temporalFinding(config),
        ...(await Promise.all([...config.accounts.values()].map(accountFinding))),
        ...[...config.accounts.values()].flatMap((account) => hostFinding(account, config)),
      ];
      if (options.json) terminal.print(JSON.stringify({ findings } satisfies DoctorDocument));
      else
        terminal.print(
          alignColumns(findings.map(({ what, state, detail }) => [what, state, detail])).join('\n'),
        );
      exit(findings.some(({ state }) => state === 'bad') ? 1 : 0);
    });
}

function nodeFinding(): Finding {
  return { what: 'node', state: 'good', detail: process.versions.node };
}

function ledgerFinding(config: Config): Finding {
  const { ledgerPath, home } = config;
  try {
    const isThere = hasLedger(config);
    const { R_OK, W_OK, X_OK } = constants;
    if (isThere) accessSync(ledgerPath, R_OK | W_OK);
    accessSync(isThere ? dirname(ledgerPath) : home, W_OK | X_OK);
    return {
      what: 'ledger',
      state: isThere ? 'good' : 'missing',
      detail: isThere ? ledgerPath : `${ledgerPath} is made by the first run`,
    };
  } catch (error) {
    const failure = systemFailure(error);
    if (!failure) throw error;
    const { path = ledgerPath, why, code, next } = failure;
    return { what: 'ledger', state: 'bad', detail: `${path}: ${why} (${code}); ${next}` };
  }
}

/** The state of the ledger and its open gaps. */
async function ledgerFindings(config: Config): Promise<Finding[]> {
  const finding = ledgerFinding(config);
  if (finding.state !== 'good') return [finding];
  const ledger = await openSqliteLedger({ path: config.ledgerPath });
  const gaps = await ledger.gaps.list();
  await ledger.close();
  return [
    finding,
    ...gaps.map((gap) => ({ what: 'gap', state: 'bad' as const, detail: gapWarning(gap) })),
  ];
}

async function temporalFinding(config: Config): Promise<Finding> {
  const { address, namespace, environment } = config.temporal;
  const running = address ?? runningServer(config.stateFolder);
  if (!running) return await binaryFinding(config);
  try {
    const temporal = await connectTemporal({
      address: running,
      namespace,
      timeoutMs: 3_000,
      ...(address && { environment }),
    });
    await temporal.close();
    return { what: 'temporal', state: 'good', detail: `answers at ${running}` };
  } catch (error) {
    return { what: 'temporal', state: 'bad', detail: messageOf(error) };
  }
}

async function binaryFinding(config: Config): Promise<Finding> {
  const found = await locateServer(config.searchPath, config.cacheFolder);
  return found
    ? { what: 'temporal', state: 'good', detail: `embedded, not running; binary ${found.binary}` }
    : {
        what: 'temporal',
        state: 'missing',
        detail: 'the first run downloads it, or builds it with Go, which takes minutes',
      };
}

async function accountFinding(account: AccountConfig): Promise<Finding> {
  const what = `account ${account.name}`;
  const { vendor, baseUrl, keyVariable, keyProblem } = account;
  const answer = await providerOf(account)?.verify();
  if (!answer)
    return {
      what,
      state: keyProblem?.isSet ? 'bad' : 'missing',
      detail: `${keyProblem?.isSet ? 'the key cannot be used' : 'no key'}: ${keyProblem?.why}`,
    };
  const balance =
    answer.balance === null ? '' : `, balance ${formatAmount(answer.balance, vendor.unit)}`;
  return {
    what,
    state: answer.key === 'good' ? 'good' : 'bad',
    detail: `${answer.message} (key from ${keyVariable}, ${new URL(baseUrl).origin}${balance})`,
  };
}

/** Whether the account's reference host can be used from here. Sends nothing. */
function hostFinding(account: AccountConfig, config: Config): Finding[] {
  const { name, referenceHost: host } = account;
  if (!host) return [];
  const missing = missingAccess(account, config);
  const place = host.kind === 's3' ? `s3://${host.bucket}/${host.prefix}` : host.name;
  return [
    {
      what: `files of ${name}`,
      state: missing ? 'missing' : 'good',
      detail: missing?.why ?? `get public links by ${place}`,
    },
  ];
}
