import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { openDesk } from './desk.ts';

const good = `\
batch: pots
steps:
  draw: { model: "photogpt:nanobanana", prompt: a pot }
`;
const bad = good.replace('prompt', 'promt');
const settings = 'accounts: { photogpt: { limits: { inFlight: 2 } } }\n';

describe('validate with several files', () => {
  let desk: Awaited<ReturnType<typeof openDesk>>;
  beforeEach(async () => {
    desk = await openDesk();
    desk.write('good.yaml', good);
    desk.write('one.yaml', bad);
    desk.write('two.yaml', bad);
    desk.write('shotlist.yaml', settings);
  });
  afterEach(() => desk.close());
  const files = ['one.yaml', 'good.yaml', 'none.yaml', 'two.yaml', 'shotlist.yaml'];

  it('reports the mistakes of all, and what is valid', async () => {
    const { code, stdout, stderr } = await desk.run(['validate', ...files]);
    expect(code).toBe(2);
    for (const file of ['one.yaml:3', 'two.yaml:3', 'there is no batch file none.yaml'])
      expect(stderr).toContain(file);
    expect(stdout).toBe(
      'good.yaml: pots is valid, 1 step\nshotlist.yaml: valid settings, not a batch\n',
    );
  });

  it('gives scripts one list of them', async () => {
    const { errors } = await desk.json<{ errors: { file: string }[] }>(['validate', ...files]);
    expect(new Set(errors.map(({ file }) => file))).toEqual(
      new Set(['one.yaml', 'none.yaml', 'two.yaml']),
    );
    expect(await desk.json(['validate', 'good.yaml', 'shotlist.yaml'])).toMatchObject({
      batches: [{ file: 'good.yaml' }],
      settings: ['shotlist.yaml'],
    });
  });

  it('tells of a mistake in the settings once, since no file can be read without them', async () => {
    desk.write('shotlist.yaml', settings.replace('2', '-2'));
    const { code, stderr } = await desk.run(['validate', 'good.yaml', 'shotlist.yaml']);
    expect(code).toBe(2);
    expect(stderr.match(/inFlight/g)).toHaveLength(1);
  });

  it('is suggested where the settings are given as a batch', async () => {
    const { code, stderr } = await desk.run(['plan', 'shotlist.yaml']);
    expect(code).toBe(2);
    expect(stderr).toContain('error: shotlist.yaml holds settings, not a batch');
    expect((await desk.run(['validate', 'shotlist.yaml'])).code).toBe(0);
  });
});
