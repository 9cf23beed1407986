import { join } from 'node:path';
import type { Candidate } from '../../activities/reconcile/candidates.ts';
import type { UnresolvedRow } from '../../ledger/port.ts';
import { decimalOrNull, isoTime } from '../../report/sidecar.ts';
import { type UndecidedGroup, writeUndecidedPage } from '../../report/undecided-page.ts';
import { segment } from '../../storage/out-files.ts';
import type { Terminal } from '../../terminal.ts';
import type { Project } from '../project/project.ts';
import type { LookDocument } from '../json/resolve.ts';
import { jobFacts, requestFacts, type Shown, unresolvedText } from '../text/unresolved-text.ts';
import { type CandidateFiles, fetchCandidates } from './candidate-files.ts';
import type { Decisions } from './resolve-decisions.ts';

/** Maximum number of jobs with fetched files, and of jobs shown beside one group of requests. */
const jobsMax = 200;
const shownMax = 50;

/** Known facts about the requests that a person must decide. */
export interface Undecided {
  /** By submission id. */
  readonly shown: ReadonlyMap<string, Shown>;
  /** By the vendor's job id. */
  readonly files: ReadonlyMap<string, CandidateFiles>;
  readonly folder: string;
  /** Undefined when no vendor lists a matching job. */
  readonly page: string | undefined;
}

/** Asks the vendors, free, and writes a page with the files of jobs that may match. */
export async function lookAtUndecided(
  terminal: Terminal,
  project: Project,
  { batch, decisions }: { readonly batch: string; readonly decisions: Decisions },
  rows: readonly UnresolvedRow[],
): Promise<Undecided> {
  const shown = new Map<string, Shown>();
  const jobs = new Map<string, { row: UnresolvedRow; candidate: Candidate }>();
  for (const row of rows) {
    const found = await decisions.shownAtVendor(row);
    shown.set(row.submission, found);
    for (const candidate of candidatesOf(found)) jobs.set(candidate.job.id, { row, candidate });
  }
  const folder = join(project.config.stateFolder, 'undecided', segment(batch));
  if (jobs.size === 0) return { shown, files: new Map(), folder, page: undefined };
  const wanted = [...jobs.values()].slice(0, jobsMax).flatMap(({ row, candidate }) => {
    const access = decisions.accessTo(row);
    return access ? [{ access, candidate }] : [];
  });
  terminal.say(
    wanted.length === 1
      ? 'fetching the files of 1 candidate job'
      : `fetching the files of ${wanted.length} candidate jobs`,
  );
  const files = await fetchCandidates(project, wanted, folder);
  const page = join(folder, 'index.html');
  await writeUndecidedPage(page, batch, groupsOf(rows, shown, files));
  return { shown, files, folder, page };
}

const candidatesOf = (shown: Shown | undefined): readonly Candidate[] =>
  shown?.kind === 'candidates' ? shown.candidates : [];

/** Groups requests with the same candidate jobs. */
function groupsOf(
  rows: readonly UnresolvedRow[],
  shown: ReadonlyMap<string, Shown>,
  files: ReadonlyMap<string, CandidateFiles>,
): readonly UndecidedGroup[] {
  const groups = Map.groupBy(rows, ({ submission }) =>
    candidatesOf(shown.get(submission))
      .map(({ job }) => job.id)
      .join('\n'),
  );
  return [...groups.values()].map((group) => {
    const candidates = candidatesOf(shown.get(group[0]?.submission ?? ''));
    return {
      requests: group.map((row) => ({ key: row.key, facts: requestFacts(row) })),
      jobs: candidates.slice(0, shownMax).map((candidate) => ({
        id: candidate.job.id,
        facts: jobFacts(candidate),
        ...(files.get(candidate.job.id) ?? { files: [], failure: 'its files were not fetched' }),
      })),
      more: Math.max(0, candidates.length - shownMax),
    };
  });
}

/** All known facts about one request, as text for a person. */
export function undecidedText(
  row: UnresolvedRow,
  decisions: Decisions,
  { shown }: Undecided,
): string {
  const found = shown.get(row.submission) ?? { kind: 'unknown', why: 'the vendor was not asked' };
  return unresolvedText(row, found, decisions.siteOf(row), Date.now());
}

export function undecidedJson(
  batch: string,
  rows: readonly UnresolvedRow[],
  { shown, files, folder, page }: Undecided,
): LookDocument {
  return {
    batch,
    page: page ?? null,
    requests: rows.map((row) => ({
      key: row.key,
      submission: row.submission,
      sent: row.isOfGap ? null : isoTime(row.claimedAt),
      maybeSent: row.isOfGap ? { from: isoTime(row.claimedAt), to: isoTime(row.deadlineAt) } : null,
      prompt: row.request?.prompt ?? null,
      why: row.why,
      stake: decimalOrNull(row.price.amount, row.price.unit),
      unit: row.price.unit,
      jobs: candidatesOf(shown.get(row.submission)).map(({ job, reported, fit, hasEnded }) => ({
        id: job.id,
        created: isoTime(job.createdAt),
        ended: hasEnded,
        fits: fit === 'same',
        prompt: reported.prompt ?? null,
        files: (files.get(job.id)?.files ?? []).map(({ name }) => join(folder, name)),
        failure: files.get(job.id)?.failure ?? null,
      })),
    })),
  };
}
