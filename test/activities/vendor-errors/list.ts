import type { Client, Course, Look, Scenario } from './stage.ts';

/** One way in which a vendor makes problem, and what is to be said of it. */
export interface Section extends Scenario {
  readonly title: string;
  /** For a person who meets it. */
  readonly about: string;
  readonly toDo: (client: Client, course: Course) => string;
}

const starts = { method: 'POST' };
/** Not the job that never was, by which a key is tried where there is no other call for it. */
const polls = { method: 'GET', path: '/(jobs|job|tasks)/(?!tsk_0+$)' };

const isRefused = ({ shots, blocks, submissions }: Look): boolean =>
  blocks.length > 0 &&
  shots.every(({ state }) => state === 'open') &&
  submissions.length > 0 &&
  submissions.every(({ state }) => state === 'rejected');
/** Where the vendor has no list of jobs, a person is asked at once. */
const isAmbiguous = ({ submissions: [first] }: Look, { lists }: Client): boolean =>
  first?.state === (lists ? 'ambiguous' : 'parked');
const isAskedAgain = ({ submissions }: Look): boolean =>
  submissions[0]?.state === 'submitted' && submissions[0].why?.includes('answer') === true;
const isFileMissed = ({ shots }: Look): boolean => typeof shots[0]?.outputs[0]?.why === 'string';

const byItself = (): string => 'nothing';
const resolveIt = 'look at the vendor for it, then `shotlist resolve NAME`';
const resolveLost = ({ lists }: Client): string => (lists ? 'nothing' : resolveIt);

const wrongKey: Section = {
  title: 'Wrong key',
  about:
    'Before the first paid request of a run, the key is tried with a free call. If the vendor refuses it, every shot stays open, and no paid request is sent. A worker that keeps running tries the key every 15 minutes.',
  shots: 2,
  simulated: { keys: ['another-key'] },
  fix: { keys: null },
  toDo: (_, { keyVariable }) =>
    `set \`${keyVariable}\`, start a standing worker again, then \`shotlist resume NAME\``,
};

const noFunds: Section = {
  title: 'No funds',
  about:
    'The account cannot pay. Accepted jobs are collected; the other shots stay open, and nothing more is sent. A worker that keeps running tries one request every 15 minutes.',
  shots: 2,
  simulated: { credits: 0 },
  fix: { credits: 1_000_000 },
  toDo: () => 'top the account up at the vendor, then `shotlist resume NAME`',
};

const rateLimit: Section = {
  title: 'Rate limit',
  about:
    'The vendor answers 429 with a time to wait, in `Retry-After` or in the body. Nothing is sent to the account until then, by any worker. Nothing was paid for the refused request.',
  simulated: { faults: [{ kind: 'rate-limit', match: starts, seconds: 30 }] },
  until: isRefused,
  toDo: byItself,
};

const rateLimitUntold: Section = {
  ...rateLimit,
  title: 'Rate limit that names no time',
  about:
    'The vendor answers 429 without a time. After one such answer alone, the request is tried again at once. After a second one the account waits for two seconds. The wait doubles after each further one, up to a minute. A time that is shorter, past or unreadable counts as none. (ProductAI documents the time as a part of its answer.)',
  simulated: {
    faults: [{ kind: 'rate-limit', match: starts, retryAfter: 'none', seconds: 30 }],
  },
};

const refusedModel: Section = {
  title: 'Unknown model with `unchecked: true`',
  about:
    'The catalogue does not know the model, `unchecked: true` lets it through, and the vendor does not know it either. The same happens to any request that the vendor refuses as wrong: it is not sent again, and nothing is paid.',
  head: ({ account }) => `models: { newest: { use: "${account}:newest", unchecked: true } }`,
  model: () => 'newest',
  toDo: () => 'correct the file, then `shotlist run FILE`',
};

const expiredLink: Section = {
  title: 'Expired output URL',
  about:
    'The job is done, and the link to its file is refused. The vendor is asked for a fresh link at once, and that link is tried. More tries follow, for more than an hour. Nothing is made or paid again.',
  simulated: { urlMs: 3_600_000, faults: [{ kind: 'url-expired' }] },
  until: isFileMissed,
  toDo: byItself,
};

const malformedStart: Section = {
  title: 'Malformed JSON, answering a paid request',
  about:
    "The request was carried out, but its answer cannot be read, so its job is unknown. It is not simply sent again, which might pay twice. The vendor's list of jobs shows the job. Without a list, a person has to look.",
  simulated: { faults: [{ kind: 'truncated-json', match: starts }] },
  until: isAmbiguous,
  toDo: resolveLost,
};

const malformedPoll: Section = {
  title: 'Malformed JSON, answering a poll',
  about: 'The job continues at the vendor, and it is polled again.',
  simulated: { faults: [{ kind: 'truncated-json', match: polls }] },
  until: isAskedAgain,
  toDo: byItself,
};

const pageBefore: Section = {
  title: 'HTML error page (502), answering a paid request',
  about:
    'Some gateway answers in place of the vendor. Its answer does not show whether the request came through (here it did not). If the list shows the other jobs of that time and none for this request, it is sent again. Without a list, or without another job as here, a person has to look.',
  simulated: { faults: [{ kind: 'html-before', match: starts }] },
  until: isAmbiguous,
  toDo: () => resolveIt,
};

const pageAfter: Section = {
  title: 'HTML page (200), answering a paid request',
  about: 'The request was carried out, and a web page came as its answer.',
  simulated: { faults: [{ kind: 'html-after', match: starts }] },
  until: isAmbiguous,
  toDo: resolveLost,
};

const pageForPoll: Section = {
  title: 'HTML error page (502), answering a poll',
  about:
    'The job continues at the vendor. After a second such page in a row, nothing more is sent until the vendor answers again. The wait is a second at first, and grows to five minutes.',
  simulated: { faults: [{ kind: 'html-before', match: polls }] },
  until: isAskedAgain,
  toDo: byItself,
};

const pageForFile: Section = {
  title: 'HTML page in place of a file',
  about:
    'Every answer is checked before it is kept: a web page is no image, whatever its headers say. The file is fetched again, for more than an hour.',
  simulated: { faults: [{ kind: 'download-html' }] },
  until: isFileMissed,
  toDo: byItself,
};

/** In the order of the page. */
export const sections = {
  wrongKey,
  noFunds,
  rateLimit,
  rateLimitUntold,
  refusedModel,
  expiredLink,
  malformedStart,
  malformedPoll,
  pageBefore,
  pageAfter,
  pageForPoll,
  pageForFile,
} as const satisfies Readonly<Record<string, Section>>;
export type SectionName = keyof typeof sections;
