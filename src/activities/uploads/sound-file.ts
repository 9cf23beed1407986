import { messageOf, UserError } from '../../errors.ts';
import { BlobMissingError } from '../../storage/blobs.ts';
import type { ActivityDependencies } from '../dependencies.ts';
import { OutputGoneError } from '../outputs/output-url.ts';
import { NotHereYetError } from './not-here-yet.ts';
import { fetchOutput, isRefusal } from '../outputs/fetch-output.ts';

/** A file that a request or a training needs. */
export interface NeededFile {
  readonly sha256: string;
  /** The path in the batch; for an output, the hash itself. */
  readonly path: string;
  /** It came from a link, which is downloaded again when the bytes are lost. */
  readonly isLinked?: boolean;
}

/**
 * Path of the file in the blob store with exactly the planned bytes. Lost bytes are restored from
 * their source file, from `out/`, or from the vendor that made them; that costs nothing.
 * @throws UserError if no source has them; else the reason why they cannot be fetched now
 */
export async function soundFile(deps: ActivityDependencies, file: NeededFile): Promise<string> {
  const { blobs, recovery } = deps;
  try {
    return await blobs.soundPath(file.sha256);
  } catch (error) {
    if (!(error instanceof BlobMissingError)) throw error;
    const isBack =
      (await recovery.restore({ sha256: file.sha256, path: file.path })) ||
      (await fetchMade(deps, file.sha256));
    if (isBack) return await blobs.soundPath(file.sha256);
    if (file.isLinked)
      throw new NotHereYetError(`the file behind ${file.path} is fetched again`, { cause: error });
    throw nowhere(file, error);
  }
}

function nowhere({ path, sha256 }: NeededFile, cause: BlobMissingError): UserError {
  if (path === sha256)
    return new UserError(
      `the file of an earlier step is ${cause.problem} in the blob store, and no copy was found`,
      { next: ['fetch it again: shotlist collect'], cause },
    );
  return new UserError(
    `the stored bytes of ${path} are ${cause.problem}, and the file has changed since`,
    {
      next: ['restore the file, or run the batch again with the present one'],
      cause,
    },
  );
}

/** Downloads an output once more through its job. Other bytes than before count as another file. */
async function fetchMade(deps: ActivityDependencies, sha256: string): Promise<boolean> {
  const { remotes, submissions } = deps.ledger;
  let failure: unknown;
  for (const { submission, index } of await remotes.outputsOf(sha256)) {
    const output = await remotes.output(submission, index);
    const maker = output && deps.accounts.get(output.account);
    if (!output || !maker) continue;
    try {
      const fetched = await fetchOutput(deps, maker, { submission, index, ...output, makes: null });
      if (fetched?.sha256 === sha256) return true;
      if (fetched === undefined) throw new Error('the vendor is preparing the file');
    } catch (error) {
      if (!isRefusal(error) && !(error instanceof OutputGoneError)) {
        failure = error;
        continue;
      }
      deps.log(`output ${index} of ${submission}: ${messageOf(error)}`);
    }
    // Collection determines whether it is lost, or another file by now.
    const why = 'its bytes are lost on this machine, and the vendor delivered different ones';
    await submissions.fetchAgain(submission, index, { sha256, why });
  }
  // Another vendor's failure says nothing about the account that needs the file.
  if (failure !== undefined)
    throw new NotHereYetError(`an earlier file is fetched again: ${messageOf(failure)}`, {
      cause: failure,
    });
  return false;
}
