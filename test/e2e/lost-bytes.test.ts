import { existsSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { openStage, type Stage } from './stage.ts';

const batch = `\
batch: tiles
steps:
  draw:
    rows: [{ n: a }, { n: b }, { n: c }]
    model: photogpt:nanobanana
    prompt: a tile {{ n }}
    name: '{{ n }}'
  larger:
    from: draw
    model: photogpt:upscale
`;

interface Line {
  readonly path: string;
  readonly sha256: string;
}

describe('bytes that this machine has lost', () => {
  let stage: Stage;
  let before: readonly Line[];
  beforeAll(async () => {
    stage = await openStage({ jobMs: 50 });
    stage.write('shotlist.yaml', 'accounts: { photogpt: { prices: { upscale: 5 } } }\n');
    stage.write('tiles.yaml', batch);
    await stage.startWorker();
    expect((await stage.run(['run', 'tiles.yaml', '--yes'])).code).toBe(0);
    before = manifest();
    expect(before).toHaveLength(6);
  });
  afterAll(() => stage[Symbol.asyncDispose]());
  beforeEach(() => expect(stage.simulator.book.accepted).toHaveLength(6));

  const out = (...parts: string[]): string => join(stage.folder, 'out', 'tiles', ...parts);
  const manifest = (): Line[] =>
    stage
      .read('out/tiles/manifest.jsonl')
      .trimEnd()
      .split('\n')
      .map((line) => JSON.parse(line) as Line);
  const blobOf = (position: number): string => {
    const { sha256 = '' } = before[position] ?? {};
    return join(stage.folder, '.shotlist/blobs', sha256.slice(0, 2), sha256.slice(2, 4), sha256);
  };
  const loseTwo = (): void => {
    rmSync(blobOf(0));
    const bytes = readFileSync(blobOf(4));
    bytes.fill(0, bytes.length - 20);
    writeFileSync(blobOf(4), bytes);
  };
  const expectAllBack = (): void => {
    expect(manifest()).toEqual(before);
    expect(readFileSync(out(before[0]?.path ?? ''))).toEqual(readFileSync(blobOf(0)));
    expect(readFileSync(out(before[4]?.path ?? ''))).toEqual(readFileSync(blobOf(4)));
    expect(stage.simulator.book.accepted).toHaveLength(6);
  };

  it('come back from out/ with the next run, which pays for nothing', async () => {
    loseTwo();
    const { code, stdout, stderr } = await stage.run(['run', 'tiles.yaml']);
    expect(stderr).toContain(`has it again from out/: ${before[0]?.path}`);
    expect(stderr).toContain(`has it again from out/: ${before[4]?.path}`);
    expect(stdout).toContain('6 of 6 shots have their files');
    expect(code).toBe(0);
    expectAllBack();
  });

  it('come back from the vendor with the next run, which pays for nothing', async () => {
    loseTwo();
    rmSync(out(), { recursive: true });
    const { code, stdout, stderr } = await stage.run(['run', 'tiles.yaml']);
    expect(stderr).toContain(`asked for it again, free: ${before[0]?.path}`);
    expect(stdout).toContain('6 of 6 shots have their files');
    expect(code).toBe(0);
    expectAllBack();
  });

  it('are found by collect, which writes them as well', async () => {
    loseTwo();
    rmSync(out(), { recursive: true });
    const { code, stdout } = await stage.run(['collect']);
    expect(stdout).toContain('tiles: all its paid files are on disk');
    expect(code).toBe(0);
    expectAllBack();
    expect((await stage.run(['collect'])).stdout).toBe('Nothing is left to collect.\n');
  });

  it('come back with watch', async () => {
    loseTwo();
    rmSync(out(), { recursive: true });
    expect((await stage.run(['watch', 'tiles'])).code).toBe(0);
    expectAllBack();
  });

  it('are named by open, which says what fetches them', async () => {
    loseTwo();
    rmSync(out(), { recursive: true });
    const opened = await stage.run(['open', 'tiles', '--no-browser']);
    expect(opened.stderr).toContain('shotlist collect tiles');
    expect(opened.code).toBe(4);
    expect(manifest()).toHaveLength(4);
    expect(existsSync(out('index.html'))).toBe(true);
    expect((await stage.run(['status', 'tiles'])).stdout).toContain('shotlist collect tiles');
    expect((await stage.run(['collect'])).code).toBe(0);
    expectAllBack();
  });

  it('of the frozen batch are stored again by the next run', async () => {
    rmSync(join(stage.folder, '.shotlist/blobs'), { recursive: true });
    const { code, stdout } = await stage.run(['run', 'tiles.yaml']);
    expect(stdout).toContain('6 of 6 shots have their files');
    expect(code).toBe(0);
    expectAllBack();
  });

  it('and a whole folder that cannot be written end no run: the next one writes all', async () => {
    rmSync(join(stage.folder, 'out'), { recursive: true });
    stage.write('out', 'a file, where the folder belongs');
    const { code, stdout, stderr } = await stage.run(['run', 'tiles.yaml']);
    expect(stdout).toContain('6 of 6 shots have their files');
    expect(stderr).toMatch(/not written, something else stands in its place .*: out\/tiles/);
    expect(stderr).toContain('ls -ld');
    expect(code).toBe(4);
    rmSync(join(stage.folder, 'out'));
    expect((await stage.run(['run', 'tiles.yaml'])).code).toBe(0);
    expectAllBack();
  });

  it('keep a file in out/ that stands in the way of a folder from nothing else', async () => {
    rmSync(out(), { recursive: true });
    stage.write('out/tiles/larger', 'a note, where a folder belongs');
    const { code, stdout, stderr } = await stage.run(['run', 'tiles.yaml']);
    expect(stdout).toContain('6 of 6 shots have their files');
    expect(stderr).toMatch(/not written, .*is no folder.*: out\/tiles\/larger\//);
    expect(code).toBe(4);
    expect(manifest()).toHaveLength(3);
    expect(readdirSync(out('draw')).filter((name) => name.endsWith('.jpg'))).toHaveLength(3);
    const { value } = await stage.json<{ unwritten: object[] }>(['run', 'tiles.yaml']);
    expect(value.unwritten).toHaveLength(3);
    rmSync(out('larger'));
    expect((await stage.run(['run', 'tiles.yaml'])).code).toBe(0);
    expectAllBack();
  });
});

describe('bytes of a batch that waits for a person', () => {
  it('come back with the next run, which comes to rest again', async () => {
    await using stage = await openStage({ jobMs: 50 });
    stage.write(
      'tiles.yaml',
      `batch: tiles
budget: { photogpt: 10 credits }
steps:
  draw:
    rows: [{ n: a }, { n: b }]
    model: photogpt:nanobanana
    prompt: a tile {{ n }}
    name: '{{ n }}'
`,
    );
    await stage.startWorker();
    const run = () => stage.run(['run', 'tiles.yaml', '--yes']);
    expect((await run()).code).toBe(4);
    const { path, sha256 } = JSON.parse(stage.read('out/tiles/manifest.jsonl')) as Line;
    const blob = join(
      stage.folder,
      '.shotlist/blobs',
      sha256.slice(0, 2),
      sha256.slice(2, 4),
      sha256,
    );
    rmSync(blob);
    rmSync(join(stage.folder, 'out', 'tiles'), { recursive: true });
    const { code, stdout, stderr } = await run();
    expect(stderr).toContain(`asked for it again, free: ${path}`);
    expect(stdout).toContain('1 of 2 shots have their files');
    expect(code).toBe(4);
    expect(readFileSync(join(stage.folder, 'out', 'tiles', path))).toEqual(readFileSync(blob));
    expect(stage.simulator.book.accepted).toHaveLength(1);
  });
});
