import {
  linkSync,
  mkdirSync,
  mkdtempSync,
  realpathSync,
  renameSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { claimName, ownerFile, ownerOf } from '../../../src/commands/project/owner.ts';
import { openProject, type Project } from '../../../src/commands/project/project.ts';
import { batchPath, loadConfig } from '../../../src/config/config.ts';
import { acceptedRun } from '../../ledger/fixture.ts';

const fox = 'batch: fox\nsteps:\n  draw: { model: "photogpt:nanobanana", prompt: a fox }\n';

let root: string;
let home: string;
let project: Project;
beforeEach(async () => {
  root = realpathSync(mkdtempSync(join(tmpdir(), 'shotlist-owner-')));
  home = join(root, 'studio');
  mkdirSync(join(home, 'batches'), { recursive: true });
  writeFileSync(join(home, 'batches', 'fox.yaml'), fox);
  project = await openAt(home);
});
afterEach(async () => {
  await project[Symbol.asyncDispose]();
  rmSync(root, { recursive: true });
});

const openAt = (folder: string, environment: Record<string, string> = {}): Promise<Project> =>
  openProject({ folder, say }, loadConfig({ SHOTLIST_HOME: folder, ...environment }, folder));
const say = (line: string): void => {
  throw new Error(line);
};
const at = (...parts: string[]): string => join(home, ...parts);
const claim = (path: string, ownerPath: string) =>
  claimName(project, { name: 'fox', path }, { ownerPath });

describe('the owner of a batch', () => {
  it('is its file’s real path in the project, whatever leads there', () => {
    symlinkSync(home, join(root, 'link'));
    const linked = { home: join(root, 'link'), ledgerPath: join(root, 'link/.shotlist/ledger.db') };
    const path = join(root, 'link', 'batches', 'fox.yaml');
    expect(ownerOf(project.config, at('batches', 'fox.yaml'))).toBe('batches/fox.yaml');
    expect(ownerOf(linked, path)).toBe('batches/fox.yaml');
    expect(ownerFile(linked, 'batches/fox.yaml')).toBe(path);
  });

  it('is a link in the project itself where it leads out of it', () => {
    writeFileSync(join(root, 'shared.yaml'), fox);
    symlinkSync(join(root, 'shared.yaml'), at('mine.yaml'));
    expect(ownerOf(project.config, at('mine.yaml'))).toBe('mine.yaml');
    symlinkSync(at('batches', 'fox.yaml'), at('alias.yaml'));
    expect(ownerOf(project.config, at('alias.yaml'))).toBe('batches/fox.yaml');
    expect(ownerOf(project.config, join(root, 'shared.yaml'))).toBe(join(root, 'shared.yaml'));
  });

  it('is an absolute path in a ledger that several projects may share', () => {
    const shared = { home, ledgerPath: join(root, 'ledger.db') };
    expect(ownerOf(shared, at('batches', 'fox.yaml'))).toBe(at('batches', 'fox.yaml'));
  });

  it('passes on to a file that takes the place of one that is gone', () => {
    renameSync(at('batches', 'fox.yaml'), at('fuchs.yaml'));
    expect(claim(at('fuchs.yaml'), 'batches/fox.yaml')).toMatchObject({
      ownerPath: 'fuchs.yaml',
      from: 'batches/fox.yaml',
    });
  });

  it('passes on where the old file holds another batch by now, and where it is the same file', () => {
    writeFileSync(at('fuchs.yaml'), fox);
    writeFileSync(at('batches', 'fox.yaml'), fox.replace('batch: fox', 'batch: hen'));
    expect(claim(at('fuchs.yaml'), 'batches/fox.yaml').from).toBe('batches/fox.yaml');
    linkSync(at('fuchs.yaml'), at('other.yaml'));
    expect(claim(at('other.yaml'), 'fuchs.yaml').from).toBe('fuchs.yaml');
  });

  it('stays where another file has the name, also one with mistakes; the error names both ways out', () => {
    writeFileSync(at("it's new.yaml"), fox);
    expect(() => claim(at("it's new.yaml"), 'batches/fox.yaml')).toThrow(
      expect.objectContaining({
        message: 'the batch name fox belongs to batches/fox.yaml',
        next: [
          String.raw`give this batch a name of its own: batch: fox-2 in 'it'\''s new.yaml'`,
          expect.stringContaining('or remove batches/fox.yaml'),
        ],
      }),
    );
    writeFileSync(at('batches', 'fox.yaml'), 'batch: fox\nsteps: [');
    expect(() => claim(at("it's new.yaml"), 'batches/fox.yaml')).toThrow('belongs to');
  });

  it.each([
    ['in the project', () => at('batches', 'fox.yaml'), 'batches/fox.yaml'],
    ['of a project that was moved', () => '/gone/studio/batches/fox.yaml', 'batches/fox.yaml'],
    ['of a file that is nowhere', () => '/gone/hen.yaml', '/gone/hen.yaml'],
  ])('becomes relative where it was written absolute: %s', async (_, before, after) => {
    await project.ledger.batches.startRun(acceptedRun('fox', { ownerPath: before() }));
    await project[Symbol.asyncDispose]();
    project = await openAt(home);
    expect(await project.ledger.batches.get('fox')).toMatchObject({ ownerPath: after });
  });

  it('changes only where it is the one that was', async () => {
    const { batches } = project.ledger;
    await batches.startRun(acceptedRun('fox', { ownerPath: 'fox.yaml' }));
    const to = { ownerPath: 'owl.yaml', project: '' };
    expect(await batches.passOn('fox', 'hen.yaml', to)).toBe(false);
    expect(await batches.passOn('fox', 'fox.yaml', to)).toBe(true);
    expect(await batches.get('fox')).toMatchObject({ ownerPath: 'owl.yaml' });
  });

  it('is shown as a path that works where the person is, quoted for a shell', () => {
    const row = { ownerPath: 'batches/it is.yaml' };
    const runFrom = async (folder: string) => {
      await using opened = await openProject({ folder, say }, project.config);
      return opened.runCommand(row);
    };
    expect(project.runCommand(row)).toBe("shotlist run 'batches/it is.yaml'");
    return Promise.all([
      expect(runFrom(at('batches'))).resolves.toBe("shotlist run 'it is.yaml'"),
      expect(runFrom('/')).resolves.toContain(home.slice(1)),
      expect(runFrom(at('batches', 'x'))).resolves.toBe("shotlist run '../it is.yaml'"),
    ]);
  });
});

describe('a batch file behind a link', () => {
  it('belongs to its own project when the link lies in none', () => {
    symlinkSync(at('batches', 'fox.yaml'), join(root, 'fox.yaml'));
    expect(batchPath({}, join(root, 'fox.yaml'))).toBe(at('batches', 'fox.yaml'));
    expect(batchPath({ SHOTLIST_HOME: root }, join(root, 'fox.yaml'))).toBe(join(root, 'fox.yaml'));
  });

  it('belongs to the project that the link lies in', () => {
    mkdirSync(join(root, 'other', '.shotlist'), { recursive: true });
    symlinkSync(at('batches', 'fox.yaml'), join(root, 'other', 'fox.yaml'));
    expect(batchPath({}, join(root, 'other', 'fox.yaml'))).toBe(join(root, 'other', 'fox.yaml'));
  });
});
