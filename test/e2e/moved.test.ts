import { cpSync, mkdirSync, renameSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { openStage, type Result, type Stage } from './stage.ts';

const batch = `\
batch: fox
steps:
  draw: { model: "photogpt:nanobanana", prompt: a fox, name: fox, references: [] }
`;

/** Nothing of the shared server: each project brings its own. */
const embedded = { TEMPORAL_ADDRESS: undefined, TEMPORAL_NAMESPACE: undefined };

describe('a project', () => {
  let stage: Stage;
  beforeAll(async () => {
    stage = await openStage({ jobMs: 50 });
    mkdirSync(join(stage.folder, 'studio', '.shotlist'), { recursive: true });
    write('studio', 'fox.yaml', batch);
    expect((await run('studio/fox.yaml')).code).toBe(0);
    expect(paid()).toBe(1);
  });
  afterAll(() => stage[Symbol.asyncDispose]());

  const write = (folder: string, name: string, content: string): void =>
    writeFileSync(join(stage.folder, folder, name), content);
  const run = (file: string): Promise<Result> => stage.run(['run', file, '--yes'], embedded);
  const paid = (): number => stage.simulator.book.accepted.length;
  const expectFree = ({ code, stdout, stderr }: Result): void => {
    expect(stdout + stderr).toContain('1 of 1 shots have their files');
    expect(code).toBe(0);
    expect(paid()).toBe(1);
  };

  it('that was moved and renamed just runs, and pays for nothing', async () => {
    mkdirSync(join(stage.folder, 'archive'));
    renameSync(join(stage.folder, 'studio'), join(stage.folder, 'archive', 'studio 2026'));
    expect((await stage.run(['plan', 'archive/studio 2026/fox.yaml'])).code).toBe(0);
    expectFree(await run('archive/studio 2026/fox.yaml'));
  });

  it('that is reached by a link just runs, and so does a link to its batch file', async () => {
    symlinkSync(join(stage.folder, 'archive', 'studio 2026'), join(stage.folder, 'link'));
    expectFree(await run('link/fox.yaml'));
    symlinkSync(join(stage.folder, 'link', 'fox.yaml'), join(stage.folder, 'fox.yaml'));
    expectFree(await run('fox.yaml'));
  });

  it('whose batch file was renamed goes on with it, and says so', async () => {
    renameSync(
      join(stage.folder, 'link', 'fox.yaml'),
      join(stage.folder, 'link', 'le renard.yaml'),
    );
    expect((await stage.run(['status', 'link/le renard.yaml'])).code).toBe(0);
    const renamed = await run('link/le renard.yaml');
    expect(renamed.stderr).toContain(
      "fox was link/fox.yaml; it is 'link/le renard.yaml' from now on",
    );
    expectFree(renamed);
    const paused = await stage.run(['budget', 'link/le renard.yaml', 'photogpt', '9 credits']);
    expect(paused.stderr).toContain("shotlist run 'link/le renard.yaml'");
  });

  it('with two files of one name says so before anything is planned; its advice works', async () => {
    write('link', 'copy.yaml', batch);
    for (const command of ['plan', 'run']) {
      const refused = await stage.run([command, 'link/copy.yaml'], embedded);
      expect(refused.stderr).toContain("belongs to 'link/le renard.yaml'");
      expect(refused.stderr).toContain('batch: fox-2 in link/copy.yaml');
      expect(refused.code).toBe(2);
    }
    write('link', 'copy.yaml', batch.replace('batch: fox', 'batch: fox-2'));
    expect((await stage.run(['plan', 'link/copy.yaml'])).code).toBe(0);
    write('link', 'copy.yaml', batch);
    rmSync(join(stage.folder, 'link', 'le renard.yaml'));
    expectFree(await run('link/copy.yaml'));
  });

  it('that was copied has its own name for each batch', async () => {
    cpSync(join(stage.folder, 'link', '/'), join(stage.folder, 'copied'), {
      recursive: true,
      dereference: true,
    });
    expectFree(await run('copied/copy.yaml'));
  });
});

describe('an account that was renamed', () => {
  it('is refused while its work would be paid for again, unless that very plan is accepted', async () => {
    await using stage = await openStage({ jobMs: 50 });
    const settle = (name: string): void => {
      const account = 'provider: photogpt, key: PHOTOGPT_API_KEY';
      stage.write('shotlist.yaml', `accounts:\n  ${name}: { ${account} }\n`);
      stage.write('fox.yaml', batch.replace('photogpt:', `${name}:`));
    };
    const paid = (): number => stage.simulator.book.accepted.length;
    settle('studio');
    expect((await stage.run(['run', 'fox.yaml', '--yes'], embedded)).code).toBe(0);

    settle('atelier');
    const refused = await stage.run(['run', 'fox.yaml', '--yes'], embedded);
    expect(refused.stderr).toContain(
      '1 shot is paid for at the account studio, and would be paid for again at atelier',
    );
    expect(refused.stderr).toContain('let it be studio again');
    expect([refused.code, paid()]).toEqual([2, 1]);

    settle('studio');
    expect((await stage.run(['run', 'fox.yaml', '--yes'], embedded)).code).toBe(0);
    expect(paid()).toBe(1);

    settle('atelier');
    const { value: plan } = await stage.json<{ plan: string; paidElsewhere: unknown }>([
      'plan',
      'fox.yaml',
    ]);
    expect(plan.paidElsewhere).toEqual([{ from: 'studio', to: 'atelier', shots: 1 }]);
    const accepted = await stage.run(['run', 'fox.yaml', '--plan', plan.plan], embedded);
    expect([accepted.code, paid()]).toEqual([0, 2]);
  });
});

describe('a run whose account has another address by now', () => {
  it('is not waited for in vain, and can be stopped', async () => {
    await using stage = await openStage({ jobMs: 600_000 });
    stage.write('fox.yaml', batch);
    const first = stage.start(['run', 'fox.yaml', '--yes'], embedded);
    await expect.poll(() => stage.simulator.book.accepted.length, { timeout: 60_000 }).toBe(1);
    first.process.kill('SIGTERM');
    await first.ended;

    const address = stage.simulator.baseUrls['photogpt'] ?? '';
    const moved = { ...embedded, PHOTOGPT_BASE_URL: address.replace('127.0.0.1', 'localhost') };
    const refused = await stage.run(['run', 'fox.yaml', '--yes'], moved);
    expect(refused.stderr).toContain('run 1 of fox works at photogpt@http://127.0.0.1');
    expect(refused.stderr).toContain('shotlist cancel fox');
    expect(refused.code).toBe(2);
    const withoutKey = { ...embedded, PHOTOGPT_API_KEY: undefined };
    const keyless = await stage.run(['run', 'fox.yaml', '--yes'], withoutKey);
    expect(keyless.stderr).toContain('the account photogpt has no key');
    expect(keyless.code).toBe(2);
    expect((await stage.run(['cancel', 'fox'], moved)).code).toBe(0);
    expect((await stage.run(['status', 'fox'], moved)).stdout).toContain('cancelled');
    const again = await stage.run(['run', 'fox.yaml', '--yes'], moved);
    expect(again.stderr).toContain('1 shot is paid for at the account photogpt@http://127.0.0.1');
    expect([again.code, stage.simulator.book.accepted.length]).toEqual([2, 1]);
  });

  it('is refused when all its shots at that account are done, since they may be planned again', async () => {
    await using stage = await openStage({ jobMs: 50, credits: 20 });
    stage.write(
      'fox.yaml',
      `${batch}  hen: { model: "wonda:nano-banana-2", prompt: a hen, name: hen }\n`,
    );
    // The second account has no money for its shot, so the run waits for a person.
    expect((await stage.run(['run', 'fox.yaml', '--yes'], embedded)).code).toBe(4);
    expect(stage.simulator.book.accepted.length).toBe(1);

    const address = stage.simulator.baseUrls['photogpt'] ?? '';
    const moved = { ...embedded, PHOTOGPT_BASE_URL: address.replace('127.0.0.1', 'localhost') };
    const refused = await stage.run(['run', 'fox.yaml', '--yes'], moved);
    expect(refused.stderr).toContain('run 1 of fox works at photogpt@http://127.0.0.1');
    expect([refused.code, stage.simulator.book.accepted.length]).toEqual([2, 1]);
  });
});
