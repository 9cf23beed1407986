import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { openDesk } from './desk.ts';

const secret = 'sk-live\u200b-0123456789';
const why = 'PHOTOGPT_API_KEY holds an invisible character, character 8 of 19, which no key has';
const batch = `batch: foxes
steps:
  draw:
    model: photogpt:nanobanana
    prompt: a fox
`;

describe('a key that cannot be sent', () => {
  let desk: Awaited<ReturnType<typeof openDesk>>;
  beforeEach(async () => {
    desk = await openDesk();
    desk.write('foxes.yaml', batch);
  });
  afterEach(() => desk.close());
  const run = (...args: string[]) => desk.run(args, { PHOTOGPT_API_KEY: secret });

  it.each([
    'plan foxes.yaml',
    'run foxes.yaml --yes',
    'worker',
    'worker --accounts photogpt',
    'uploads photogpt',
    'trained photogpt',
  ])('stops %s with the name of its variable, and nothing is sent', async (command) => {
    const { code, stdout, stderr } = await run(...command.split(' '));
    expect(stderr).toContain(`error: the key of the account photogpt cannot be used: ${why}`);
    expect(stderr).toContain('copy the key once more: export PHOTOGPT_API_KEY=...');
    expect(code).toBe(2);
    expect(stdout + stderr).not.toContain('0123456789');
    expect(desk.simulator.book.requests).toEqual({});
  });

  it('is told by doctor and accounts as well', async () => {
    const doctor = await run('doctor');
    expect(doctor.stdout).toMatch(
      new RegExp(`^account photogpt +bad +the key cannot be used: ${why}$`, 'm'),
    );
    expect(doctor.code).toBe(1);
    const accounts = await run('accounts');
    expect(accounts.stdout).toMatch(/^photogpt +PhotoGPT +PHOTOGPT_API_KEY malformed/m);
    expect(accounts.stdout).toContain(`photogpt: ${why}`);
    const { accounts: all } = await desk.json<{ accounts: object[] }>(['accounts'], {
      PHOTOGPT_API_KEY: secret,
    });
    expect(all[0]).toMatchObject({ key: { set: true, state: 'malformed', message: why } });
  });

  it('has quotation marks around it, and that is said', async () => {
    const quoted = { PHOTOGPT_API_KEY: '"demo"' };
    const { stderr } = await desk.run(['run', 'foxes.yaml', '--yes'], quoted);
    expect(stderr).toContain('cannot be used: PHOTOGPT_API_KEY has quotation marks around it');
    expect(stderr).toContain('write the key alone: export PHOTOGPT_API_KEY=...');
  });

  it('names its variable where the vendor refuses it', async () => {
    const { code, stderr } = await desk.run(['uploads', 'photogpt'], { PHOTOGPT_API_KEY: 'bad-1' });
    expect(code).toBe(1);
    expect(stderr).toContain('(the key comes from PHOTOGPT_API_KEY)');
  });

  it('of an account that the batch does not name stops nothing', async () => {
    const environment = { WONDA_API_KEY: 'Bearer abc', PHOTOGPT_API_KEY: 'demo' };
    expect((await desk.run(['plan', 'foxes.yaml'], environment)).code).toBe(0);
  });

  it('and a line end behind one that can is no problem', async () => {
    const { code, stdout } = await desk.run(['doctor'], { PHOTOGPT_API_KEY: '\ufeffdemo\r\n' });
    expect(stdout).toMatch(/^account photogpt +good/m);
    expect(code).toBe(0);
  });
});
