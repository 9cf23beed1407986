import { globSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type Simulator, startSimulator } from '../../src/simulator/index.ts';
import { openStage, type Stage, until } from './stage.ts';

/** One account with one simulated vendor for each test, none of which lists its jobs. */
const accounts = ['decided', 'resent', 'shared', 'capped'] as const;
type Account = (typeof accounts)[number];

const price = 3;
const posts = { method: 'POST', path: '/generate$' };
const batchOf = (name: string, account: Account, ids: readonly string[], more = ''): string => `\
batch: ${name}
${more}steps:
  images:
    matrix: { id: [${ids.join(', ')}] }
    model: ${account}:gpt-image-2
    prompt: "{{ id }} on warm paper"
    name: "{{ id }}"
`;

interface Receipt {
  readonly accounts: readonly { spent: string; ambiguous: string; unproven: string }[];
  readonly submissions: readonly { key: string; state: string; resolution?: string }[];
}

describe('money that is at stake', () => {
  let stage: Stage;
  const simulators = new Map<Account, Simulator>();

  beforeAll(async () => {
    stage = await openStage();
    for (const account of accounts)
      simulators.set(account, await startSimulator({ port: 0, jobMs: 100, images: 'small' }));
    stage.write(
      'shotlist.yaml',
      JSON.stringify({
        accounts: Object.fromEntries(
          accounts.map((name) => [
            name,
            {
              provider: 'gptimage2api',
              key: 'GPTIMAGE2API_API_KEY',
              baseUrl: simulatorOf(name).baseUrls['gptimage2api'],
              limits: { inFlight: 4 },
              timeouts: { postMs: 3_000, pollFirstMs: 100, pollMs: 200 },
            },
          ]),
        ),
      }),
    );
    await stage.startWorker();
  });

  afterAll(async () => {
    await stage[Symbol.asyncDispose]();
    await Promise.all([...simulators.values()].map((simulator) => simulator.close()));
  });

  const simulatorOf = (account: Account): Simulator => {
    const simulator = simulators.get(account);
    if (!simulator) throw new Error(`no simulator for ${account}`);
    return simulator;
  };
  const charged = (account: Account): number =>
    simulatorOf(account).book.accepted.reduce((sum, { cost }) => sum + cost, 0);
  const receipt = async (batch: string): Promise<Receipt> =>
    (await stage.json<Receipt>(['receipt', batch])).value;
  const counts = async (batch: string): Promise<object> =>
    (await stage.json<{ shots: object }>(['status', batch])).value.shots;
  const hasFile = (batch: string, key: string): boolean =>
    globSync(join(stage.folder, 'out', batch, `${key}.{png,jpg,webp}`)).length === 1;

  it.concurrent(
    'is decided by a person while the batch runs, and counted when its job turns up late',
    async () => {
      const { settings, book } = simulatorOf('decided');
      settings.faults = [{ kind: 'reset-after', match: posts, nth: [1, 2] }];
      // The cap leaves one shot open, so the batch is there for as long as the deciding takes.
      const budget = `budget: { decided: ${3 * price} credits }\n`;
      const ids = ['amber', 'green', 'olive', 'umber'];
      stage.write('decided.yaml', batchOf('decided', 'decided', ids, budget));
      const stopped = await stage.run(['run', 'decided.yaml', '--yes']);
      expect(stopped.stdout).toContain('shotlist resolve decided');
      expect(stopped.code).toBe(4);
      expect(await counts('decided')).toMatchObject({ parked: 2, waiting: 1 });
      const parked = (await receipt('decided')).submissions.filter(
        ({ state }) => state === 'parked',
      );
      const [first = '', second = ''] = parked.map(({ key }) => key);
      const jobOf = (key: string): string =>
        book.accepted.find(({ request }) =>
          JSON.stringify(request).includes(key.replace('images/', '')),
        )?.id ?? '';
      expect(await stage.run(['resolve', 'decided'])).toMatchObject({ code: 2 });
      expect(await stage.json(['resolve', 'decided', first, '--again', '--yes'])).toMatchObject({
        value: { left: 1, running: true, next: [] },
      });
      expect(await stage.json(['resolve', 'decided', second, '--skip'])).toMatchObject({
        value: { left: 0, running: true },
      });
      expect(book.accepted).toHaveLength(3);
      expect((await stage.run(['budget', 'decided', 'decided', '99 credits'])).code).toBe(0);
      const watched = await stage.run(['watch', 'decided']);
      expect(watched.stdout).toContain('3 of 4 shots have their files (1 failed)');
      expect(watched.code).toBe(3);
      expect(await receipt('decided')).toMatchObject({
        accounts: [{ spent: String(5 * price), ambiguous: '0', unproven: String(2 * price) }],
      });
      expect([hasFile('decided', first), hasFile('decided', second)]).toEqual([true, false]);

      // The job that was given up turns up: it is paid, so it is collected, and nothing is paid again.
      const late = await stage.json(['resolve', 'decided', second, '--job', jobOf(second)]);
      expect(late).toMatchObject({
        value: { resolved: [{ decision: 'late' }], running: false },
      });
      expect((await stage.run(['run', 'decided.yaml'])).code).toBe(0);
      expect(hasFile('decided', second)).toBe(true);
      expect(book.accepted).toHaveLength(5);
      expect(await receipt('decided')).toMatchObject({
        accounts: [{ spent: String(charged('decided')), unproven: String(price) }],
      });
    },
    120_000,
  );

  it.concurrent(
    'is sent again where the file says so, and a job that a person names is collected',
    async () => {
      const { settings, book } = simulatorOf('resent');
      settings.faults = [{ kind: 'reset-after', match: posts, nth: [1, 2] }];
      const policy = 'policy: { onAmbiguous: resubmit, paidRetries: 1, retries: 0 }\n';
      stage.write('resent.yaml', batchOf('resent', 'resent', ['linen'], policy));
      // Sent again once, as the file allows, and then parked.
      const { code, stdout } = await stage.run(['run', 'resent.yaml', '--yes']);
      expect(stdout).toContain('shotlist resolve resent');
      expect(stdout).toContain(`${price} credits of it perhaps not charged`);
      expect(code).toBe(3);
      expect(await counts('resent')).toMatchObject({ total: 1, parked: 1 });
      expect(book.accepted.map(({ reply }) => reply)).toEqual(['reset', 'reset']);
      const job = book.accepted[1]?.id ?? '';
      const strange = await stage.run(['resolve', 'resent', 'images/linen', '--job', `${job}0`]);
      expect(strange.stderr).toContain(`does not know a job ${job}0`);
      const named = await stage.run(['resolve', 'resent', 'images/linen', '--job', job]);
      expect(named).toMatchObject({ code: 0 });
      expect(named.stderr).toContain('Continue with: shotlist run');
      expect((await stage.run(['run', 'resent.yaml'])).code).toBe(0);
      expect(hasFile('resent', 'images/linen')).toBe(true);
      expect(await receipt('resent')).toMatchObject({
        accounts: [{ spent: String(charged('resent')), unproven: String(price) }],
        submissions: [
          { state: 'failed', resolution: 'resubmit' },
          { state: 'succeeded', resolution: 'job' },
        ],
      });
    },
    120_000,
  );

  it.concurrent(
    'stops at the cap to the unit, and goes on by itself when that is raised',
    async () => {
      const budget = `budget: { capped: ${2 * price} credits }\n`;
      stage.write('capped.yaml', batchOf('capped', 'capped', ['oak', 'ash', 'elm', 'yew'], budget));
      const stopped = await stage.run(['run', 'capped.yaml', '--yes']);
      expect(stopped.stdout).toContain('raise it with shotlist budget');
      expect(stopped.code).toBe(4);
      expect(charged('capped')).toBe(2 * price);
      expect(
        await stage.json(['budget', 'capped', 'capped', `${3 * price} credits`]),
      ).toMatchObject({
        value: { cap: String(3 * price), used: String(2 * price), running: true },
      });
      await until('one more is paid', () => charged('capped') === 3 * price);
      expect((await stage.run(['budget', 'capped', 'capped', '1,000 credits'])).code).toBe(2);
      expect((await stage.run(['budget', 'capped', 'capped', '1000 credits'])).code).toBe(0);
      expect((await stage.run(['watch', 'capped'])).code).toBe(0);
      expect(charged('capped')).toBe(4 * price);
    },
    120_000,
  );

  it.concurrent(
    'is paid once for what two batches share, also when one of them is cancelled',
    async () => {
      const { settings, book } = simulatorOf('shared');
      const ids = Array.from({ length: 12 }, (_, index) => `n${index}`);
      const start = (name: string, of: readonly string[]) => {
        stage.write(`${name}.yaml`, batchOf(name, 'shared', of));
        return stage.start(['run', `${name}.yaml`, '--yes']);
      };
      const both = [start('left', ids.slice(0, 8)), start('right', ids.slice(4))];
      const ends = await Promise.all(both.map(({ ended }) => ended));
      expect(ends.map(({ code }) => code)).toEqual([0, 0]);
      expect(book.accepted).toHaveLength(12);

      // Three waves of these: there is time to cancel in the first.
      settings.jobMs = 2_500;
      const others = ids.map((id) => `other-${id}`);
      const cancelled = start('cancelled', others.slice(0, 8));
      const kept = start('kept', others.slice(4));
      await until('some are paid', () => book.accepted.length > 12);
      expect((await stage.run(['cancel', 'cancelled'])).code).toBe(0);
      settings.jobMs = 100;
      const end = await kept.ended;
      expect(end.stdout).toContain('8 of 8 shots have their files');
      expect(end.code).toBe(0);
      await cancelled.ended;
      expect(book.duplicates()).toEqual([]);
      const sums = await Promise.all(
        ['left', 'right', 'cancelled', 'kept'].map(async (name) =>
          Number((await receipt(name)).accounts[0]?.spent ?? 0),
        ),
      );
      expect(sums.reduce((one, other) => one + other, 0)).toBe(charged('shared'));
    },
    120_000,
  );
});
