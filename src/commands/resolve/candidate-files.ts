import { mkdir, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { fetchFile } from '../../activities/outputs/fetch-output.ts';
import { namedOutputs } from '../../activities/outputs/match-outputs.ts';
import type { OutputAccess } from '../../activities/outputs/output-url.ts';
import type { Candidate } from '../../activities/reconcile/candidates.ts';
import { messageOf } from '../../errors.ts';
import { absoluteLink } from '../../http/links.ts';
import { extensionOf } from '../../media/kinds.ts';
import type { JobOutput } from '../../providers/port.ts';
import type { UndecidedFile } from '../../report/undecided-page.ts';
import type { Project } from '../project/project.ts';

/** Maximum number of files shown per job. */
const filesMax = 4;
const atOnce = 4;

/** The files of a job that may belong to a request, or the reason why none can be shown. */
export interface CandidateFiles {
  readonly files: readonly UndecidedFile[];
  readonly failure?: string;
}

/**
 * Fetches the files of ended jobs, so that a person can match them to requests. Free. Writes
 * nothing to the ledger. The bytes stay in the blob store, for a request that adopts the job.
 * @param folder is deleted and created again
 * @returns files by the vendor's job id
 */
export async function fetchCandidates(
  { ledger, blobs }: Project,
  jobs: readonly { readonly access: OutputAccess; readonly candidate: Candidate }[],
  folder: string,
): Promise<ReadonlyMap<string, CandidateFiles>> {
  const deps = { ledger, blobs, now: Date.now, log: () => undefined };
  await rm(folder, { recursive: true, force: true });
  await mkdir(folder, { recursive: true });
  const found = new Map<string, CandidateFiles>();
  const queue = jobs.entries();
  const work = async (): Promise<void> => {
    for (const [number, { access, candidate }] of queue) {
      const files: UndecidedFile[] = [];
      try {
        for (const output of await outputsOf(access, candidate)) {
          const url = await addressOf(access, output);
          if (url === undefined) continue;
          const { sha256, mime } = await fetchFile(deps, access, { makes: null }, url);
          // The vendor's id is not safe as a file name.
          const name = `${number + 1}-${files.length + 1}.${extensionOf(mime) ?? 'bin'}`;
          await blobs.copyTo(sha256, join(folder, name));
          files.push({ name, mime });
        }
        found.set(candidate.job.id, { files });
      } catch (error) {
        found.set(candidate.job.id, { files, failure: failureOf(access, error) });
      }
    }
  };
  await Promise.all(Array.from({ length: atOnce }, work));
  return found;
}

async function outputsOf(
  { provider, trustedOrigin }: OutputAccess,
  { job }: Candidate,
): Promise<readonly JobOutput[]> {
  const state = await provider.check(job.job);
  if (state.state === 'succeeded')
    return namedOutputs(state.outputs, trustedOrigin).slice(0, filesMax);
  throw new Error(
    { pending: 'it still runs', failed: 'it failed', missing: 'the vendor does not know it' }[
      state.state
    ],
  );
}

/** Undefined while the vendor prepares the file. */
async function addressOf(
  { provider, trustedOrigin }: OutputAccess,
  output: JobOutput,
): Promise<string | undefined> {
  if (output.url !== null) return output.url;
  const prepared = await provider.prepare?.(output);
  return prepared?.ready ? absoluteLink(prepared.url, trustedOrigin) : undefined;
}

function failureOf({ provider }: OutputAccess, error: unknown): string {
  const { message } = provider.classify(error);
  return message === '' ? messageOf(error) : message;
}
