import { type LearnedAccounts, learnedForMs } from '../../accounts/learned.ts';
import type { ShotRequest } from '../../batch/request.ts';
import type { AccountConfig } from '../../config/accounts.ts';
import type { Terminal } from '../../terminal.ts';

/** Asks for the models when the last answer is too old. Reports a failure and keeps the known models. */
export async function askForModels(
  terminal: Terminal,
  learned: LearnedAccounts,
  account: AccountConfig,
  maxAgeMs = learnedForMs,
): Promise<void> {
  const note = await learned.discover(account, maxAgeMs);
  if (note !== undefined) terminal.say(note);
}

/** Asks for missing or old prices, by quote key. */
export async function askForPrices(
  terminal: Terminal,
  learned: LearnedAccounts,
  account: AccountConfig,
  wanted: ReadonlyMap<string, ShotRequest>,
  maxAgeMs = learnedForMs,
): Promise<void> {
  const { name } = account;
  const open = learned.unanswered(account, wanted, maxAgeMs);
  const notes = await learned.quote(account, open, (asked, of) =>
    terminal.say(
      asked === 0
        ? `asking ${name} for ${of} price${of === 1 ? '' : 's'}`
        : `${name}: ${asked} of ${of} prices`,
    ),
  );
  for (const note of notes) terminal.say(note);
}
