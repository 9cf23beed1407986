import { providerOf } from '../../accounts/provider.ts';
import { paceOf } from '../../activities/throttle/pace.ts';
import { askForLost } from '../../activities/outputs/lost-again.ts';
import { type AccountConfig, accountWithKey } from '../../config/accounts.ts';
import type { LostOutput } from '../../ledger/port.ts';
import type { Terminal } from '../../terminal.ts';
import type { Project } from '../project/project.ts';
import { hasOwnKey } from '../vendor/own-keys.ts';

const linesShown = 5;

/**
 * Asks vendors again for files that they had lost, and reports the result. Needs the vendor's key
 * here. Free: available files are saved.
 * @returns the number of saved files, and the files that could not be requested from here
 */
export async function askForLostFiles(
  terminal: Terminal,
  project: Project,
  lost: readonly LostOutput[],
): Promise<{ readonly saved: number; readonly unasked: readonly LostOutput[] }> {
  const unasked: LostOutput[] = [];
  let saved = 0;
  for (const [key, outputs] of Map.groupBy(lost, ({ account }) => account)) {
    const account = accountWithKey(project.config.accounts, key);
    const access = account && (await accessTo(project, account));
    if (!account || !access) {
      unasked.push(...outputs);
      continue;
    }
    const { name } = account;
    const files = outputs.length === 1 ? '1 file' : `${outputs.length} files`;
    terminal.say(`asking ${name} again for ${files} that it had lost`);
    const still: string[] = [];
    await askForLost(dependenciesOf(project), access, outputs, (output, answer) => {
      if (answer.kind === 'saved') {
        saved += 1;
        const damage = answer.damage === null ? '' : `, damaged: ${answer.damage}`;
        terminal.say(
          `${output.key}: ${name} has its file after all; saved, nothing is paid${damage}`,
        );
      } else if (answer.kind === 'unasked') {
        unasked.push(output);
        terminal.say(`${output.key}: ${name} could not be asked: ${answer.why}`);
      } else still.push(`${output.key}: ${answer.why}`);
    });
    if (still.length > 0) terminal.say(`lost still: ${shortened(still)}`);
  }
  return { saved, unasked };
}

function shortened(lines: readonly string[]): string {
  const more = lines.length > linesShown ? `; and ${lines.length - linesShown} more` : '';
  return `${lines.slice(0, linesShown).join('; ')}${more}`;
}

/** Undefined without a key here that the account has used before. */
async function accessTo({ ledger }: Project, account: AccountConfig) {
  if (!(await hasOwnKey(ledger.keys, account))) return undefined;
  const provider = providerOf(account, paceOf(ledger, account.key, account.limits));
  return provider && { provider, trustedOrigin: new URL(account.baseUrl).origin };
}

/** The caller prints the messages, so `log` does nothing. */
function dependenciesOf({ ledger, blobs }: Project) {
  return { ledger, blobs, now: Date.now, log: () => undefined };
}
