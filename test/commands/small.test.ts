import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { openStage, type Stage } from '../e2e/stage.ts';

describe('commands that pay for nothing', () => {
  let stage: Stage;
  beforeAll(async () => {
    stage = await openStage();
  });
  afterAll(() => stage[Symbol.asyncDispose]());

  it('init writes a batch that is valid and can be planned, and never overwrites one', async () => {
    const { code, stderr } = await stage.run(['init', 'spring.yaml']);
    expect(code).toBe(0);
    expect(stderr).toContain('shotlist plan spring.yaml');
    const valid = await stage.run(['validate', 'spring.yaml']);
    expect(valid).toMatchObject({ code: 0, stdout: 'spring.yaml: spring is valid, 1 step\n' });
    expect(await stage.json(['validate', 'spring.yaml'])).toMatchObject({
      value: { errors: [], batches: [{ file: 'spring.yaml', batch: 'spring', steps: 1 }] },
    });
    const plan = await stage.json(['plan', 'spring.yaml']);
    expect(plan).toMatchObject({
      code: 0,
      value: {
        batch: 'spring',
        shots: { total: 4, new: 4 },
        cost: [{ account: 'photogpt', unit: 'credits', amount: '40', basis: 'assumed', used: '0' }],
      },
    });
    const before = stage.read('spring.yaml');
    expect((await stage.run(['init', 'spring.yaml'])).code).toBe(2);
    expect(stage.read('spring.yaml')).toBe(before);
    expect(existsSync(join(stage.folder, 'out'))).toBe(false);
  });

  it('doctor says what is configured, reachable and missing, without showing a key', async () => {
    const key = 'demo-key-that-nobody-may-see';
    const good = await stage.run(['doctor'], { PHOTOGPT_API_KEY: key });
    expect(good.stdout).toMatch(/temporal +good +answers at/);
    expect(good.stdout).toMatch(/account photogpt +good/);
    expect(good.stdout + good.stderr).not.toContain(key);
    expect(good.code).toBe(0);
    const missing = await stage.run(['doctor'], { PHOTOGPT_API_KEY: '' });
    expect(missing.stdout).toContain('PHOTOGPT_API_KEY is not set');
    expect(missing.code).toBe(0);
    const bad = await stage.run(['doctor', '--json'], { PHOTOGPT_API_KEY: 'bad-key' });
    expect(bad.code).toBe(1);
    expect(JSON.parse(bad.stdout)).toMatchObject({
      findings: expect.arrayContaining([
        expect.objectContaining({ what: 'account photogpt', state: 'bad' }),
      ]) as unknown[],
    });
    expect(stage.simulator.book.accepted).toEqual([]);
  });
});
