import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { openStage, type Result, type Stage } from './stage.ts';

const price = 10;
const account = `\
accounts:
  photogpt:
    limits: { inFlight: 1 }
    timeouts: { pollFirstMs: 100, pollMs: 200 }
`;
const batchOf = (name: string, more = '', steps = ''): string => `\
batch: ${name}
${more}steps:
  images:
    matrix: { number: [1, 2, 3] }
    model: photogpt:nanobanana-pro
    prompt: "${name}, fox {{ number }}"
    name: "fox {{ number }}"
${steps}`;
/** The price of an upscale is unknown here. */
const upscales = '  large: { from: images, model: "photogpt:upscale" }\n';
/** Two failures are more than it allows, so that a shot is left. */
const strict = 'policy: { maxFailures: 1, retries: 0 }\n';

/** The words of a suggested command, without `shotlist`. */
const wordsOf = (command: string): string[] =>
  (command.match(/'[^']*'|\S+/g) ?? []).slice(1).map((word) => word.replaceAll("'", ''));
/** The command at the end of a line that says what it is for. */
const commandAt = (text: string, lead: string): string =>
  new RegExp(`${lead} *(shotlist .+)`).exec(text)?.[1] ?? `nothing after ${lead} in ${text}`;

describe('a suggested command, copied,', () => {
  let stage: Stage;
  beforeAll(async () => {
    stage = await openStage({ jobMs: 100, jitter: 0 });
    stage.write('shotlist.yaml', account);
    await stage.startWorker();
  });
  afterAll(() => stage[Symbol.asyncDispose]());

  const nextOf = async (batch: string): Promise<string[]> =>
    (await stage.json<{ next: string[] }>(['status', batch])).value.next;
  /** Runs it as a person would, who accepts the plan that is shown. */
  const copy = async (command: string): Promise<Result> => {
    const result = await stage.run(wordsOf(command));
    if (!result.stderr.includes('no terminal to ask on')) return accepted(result);
    return accepted(await stage.run(wordsOf(commandAt(result.stderr, 'accept the plan with:'))));
  };
  const accepted = (result: Result): Result => {
    expect(result.stderr).not.toMatch(/^error:/m);
    expect([0, 3, 4]).toContain(result.code);
    return result;
  };
  const begin = async (name: string, more = ''): Promise<Result> => {
    stage.write(`${name}.yaml`, batchOf(name, more));
    return accepted(await stage.run(['run', `${name}.yaml`, '--yes']));
  };

  it('raises a budget that is used up to what the rest costs', async () => {
    const stopped = await begin('capped', `budget: { photogpt: ${price} credits }\n`);
    const [raise = '', ...others] = await nextOf('capped');
    expect(raise).toBe(`shotlist budget capped photogpt '${3 * price} credits'`);
    expect(others).toEqual(['shotlist open capped']);
    expect(stopped.stdout).toContain(`raise it   ${raise}`);
    await copy(raise);
    const { code, stdout } = await stage.run(['watch', 'capped']);
    expect(stdout).toContain(`of a cap of ${3 * price} credits`);
    expect(code).toBe(0);
  });

  it('resumes a paused batch, and runs a cancelled one', async () => {
    await begin('steered', `budget: { photogpt: ${price} credits }\n`);
    await copy('shotlist pause steered');
    const paused = (await nextOf('steered')).filter((each) => !each.includes(' open '));
    expect(paused).toEqual(['shotlist resume steered']);
    await stage.run(['budget', 'steered', 'photogpt', `${2 * price} credits`]);
    const plan = await stage.run(['plan', 'steered.yaml']);
    expect(plan.stdout).toContain(
      `of a budget of ${price} credits in the file and of ${2 * price} credits in the present run`,
    );
    expect(commandAt(plan.stdout, 'It is paused')).toBe('shotlist resume steered');
    const refused = await stage.run(['run', 'steered.yaml', '--yes']);
    await copy(commandAt(refused.stderr, ''));
    await copy('shotlist cancel steered');
    expect((await nextOf('steered'))[0]).toBe('shotlist run steered.yaml');
    const resumed = await stage.run(['resume', 'steered']);
    expect(resumed.code).toBe(2);
    await copy(commandAt(resumed.stderr, 'start a new run:'));
  });

  it('ends a batch with too many failures, and begins it again', async () => {
    stage.simulator.settings.failRate = 1;
    await begin('strict', strict);
    stage.simulator.settings.failRate = 0;
    const [end = ''] = await nextOf('strict');
    await copy(end);
    const [again = ''] = await nextOf('strict');
    expect((await copy(again)).stdout).toContain('3 of 3 shots have their files');
  });

  it('accepts a plan with unknown prices', async () => {
    stage.write('unknown.yaml', batchOf('unknown', '', upscales));
    const plan = await stage.run(['plan', 'unknown.yaml']);
    const exactly = commandAt(plan.stdout, 'Exactly this plan');
    stage.write('unknown.yaml', batchOf('unknown', '', upscales).replace('2, 3', '2, 4'));
    const changed = await stage.run(wordsOf(exactly));
    expect(changed.stderr).toContain('the plan is no longer');
    const present = commandAt(changed.stderr, 'accept the present plan:');
    const shy = await stage.run(['run', 'unknown.yaml', '--yes']);
    expect(commandAt(shy.stderr, 'accept the plan with:')).toBe(
      'shotlist run unknown.yaml --yes --unknown-prices',
    );
    expect((await copy(present)).stdout).toContain('6 of 6 shots have their files');
  });
});
