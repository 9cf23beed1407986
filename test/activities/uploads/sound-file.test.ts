import { readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { ensureUploaded } from '../../../src/activities/uploads/upload-file.ts';
import { linkedFile } from '../../../src/activities/uploads/linked-file.ts';
import { UserError } from '../../../src/errors.ts';
import type { UploadPlace } from '../../../src/hosting/port.ts';
import { openStudio, type Studio } from '../studio.ts';

const draw = `batch: chain
steps:
  draw: { model: 'photogpt:nanobanana', prompt: a fox, name: fox }
`;

describe('a file that is uploaded', () => {
  let studio: Studio;
  let uploaded: string[];
  beforeEach(async () => {
    studio = await openStudio();
    uploaded = [];
  });
  afterEach(() => studio.close());

  const place: UploadPlace = {
    key: 'shop@test',
    name: 'shop',
    async upload({ path }) {
      uploaded.push(readFileSync(path, 'utf8'));
      return { remote: uploaded.length, url: null, expiresAt: null, ready: true };
    },
  };
  const upload = (file: { sha256: string; path: string; isLinked?: boolean }) =>
    ensureUploaded(studio.deps, place, { ...file, purpose: 'reference', trainedModel: undefined });
  const failureOf = async (file: { sha256: string; path: string }): Promise<UserError> => {
    const error: unknown = await upload(file).catch((thrown: unknown) => thrown);
    if (!(error instanceof UserError)) throw new Error('no UserError', { cause: error });
    return error;
  };
  const rot = async (sha256: string): Promise<void> =>
    writeFileSync(await studio.blobs.path(sha256), 'rotten');
  const reference = async () => {
    writeFileSync(join(studio.home, 'selfie.png'), 'a face');
    return { sha256: await studio.blobs.put(Buffer.from('a face')), path: 'selfie.png' };
  };
  /** An output of a step that has run, as a later step reads it. */
  const output = async () => {
    await studio.runStep(await studio.startRun(draw), 'draw');
    const [source] = await Array.fromAsync(studio.ledger.plans.sources('chain', ['draw'], 'all'));
    const { sha256 = '' } = source ?? {};
    return { sha256, path: sha256 };
  };

  it('never has rotten bytes: it is read again from where it came from', async () => {
    const file = await reference();
    await rot(file.sha256);
    await upload(file);
    expect(uploaded).toEqual(['a face']);
  });

  it('is read again from where it came from when its blob is gone', async () => {
    const file = await reference();
    rmSync(await studio.blobs.path(file.sha256));
    await upload(file);
    expect(uploaded).toEqual(['a face']);
    expect(await studio.blobs.has(file.sha256)).toBe(true);
  });

  it('is not replaced by another file of its name', async () => {
    const file = await reference();
    rmSync(await studio.blobs.path(file.sha256));
    writeFileSync(join(studio.home, 'selfie.png'), 'another');
    const error = await failureOf(file);
    expect(error.message).toContain('the stored bytes of selfie.png are missing');
    expect(error.next).toEqual([expect.stringContaining('restore the file')]);
    expect(uploaded).toEqual([]);
  });

  it('is asked for at its link again when it came from one', async () => {
    const { deps, access, simulator } = studio;
    await output();
    const [job] = await Array.fromAsync(studio.ledger.reports.submissions('chain'));
    const made = await studio.ledger.remotes.output(job?.submission ?? '', 0);
    const url = made?.url ?? '';
    expect(url.startsWith(simulator.url)).toBe(true);
    const first = await linkedFile(deps, access, url);
    await rot(first.sha256);
    rmSync(join(studio.home, 'out'), { recursive: true, force: true });
    const again = await linkedFile(deps, access, url);
    await upload({ ...again, isLinked: true });
    expect(uploaded).toHaveLength(1);
    expect(uploaded[0]).not.toBe('rotten');
  });

  it('is fetched again from the vendor that made it, which costs nothing', async () => {
    const file = await output();
    const bytes = await studio.blobs.get(file.sha256);
    rmSync(await studio.blobs.path(file.sha256));
    await upload(file);
    expect(uploaded).toEqual([Buffer.from(bytes).toString('utf8')]);
    expect(studio.simulator.book.accepted).toHaveLength(1);
    const [shot] = await Array.fromAsync(studio.ledger.reports.shots('chain'));
    expect(shot?.state).toBe('done');
  });

  it('that its vendor has no longer fails with the command that asks for it again', async () => {
    const file = await output();
    rmSync(await studio.blobs.path(file.sha256));
    studio.simulator.settings.faults = [{ kind: 'download-forbidden' }];
    const error = await failureOf(file);
    expect(error.message).toContain('the file of an earlier step is missing');
    expect(error.next.join()).toContain('shotlist collect');
    expect(await studio.ledger.submissions.accountsWithOrphans('chain')).toEqual([
      studio.access.key,
    ]);
  });

  it('waits while its vendor cannot be reached, and is not given up', async () => {
    const file = await output();
    rmSync(await studio.blobs.path(file.sha256));
    studio.simulator.settings.faults = [{ kind: 'download-error' }];
    const error: unknown = await upload(file).catch((thrown: unknown) => thrown);
    expect(error).toBeInstanceOf(Error);
    expect(error).not.toBeInstanceOf(UserError);
    expect(await studio.ledger.submissions.accountsWithOrphans('chain')).toEqual([]);
    studio.simulator.settings.faults = [];
    await upload(file);
    expect(uploaded).toHaveLength(1);
  });
});
