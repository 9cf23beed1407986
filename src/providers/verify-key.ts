import type { Verdict, Verification } from './port.ts';

/** What a free call tells of the key; `refuses` where the status of a refusal does not say it. */
export async function verifyKey(
  classify: (error: unknown) => Verdict,
  ask: () => Promise<Verification>,
  refuses: (error: unknown) => boolean = () => false,
): Promise<Verification> {
  try {
    return await ask();
  } catch (error) {
    const { account, message } = classify(error);
    const refused = account.kind === 'badKey' || refuses(error);
    return { key: refused ? 'refused' : 'unreachable', balance: null, message };
  }
}
