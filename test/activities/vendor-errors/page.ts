import type { Problem } from '../../../src/batch/problem.ts';
import type { Section } from './list.ts';
import type { Client, Course, Look } from './stage.ts';

export interface Checked {
  readonly client: Client;
  readonly problems: readonly Problem[];
  /** As the terminal shows it. */
  readonly text: string;
}

const head = ['| vendor | state | message | action |', '| --- | --- | --- | --- |'];

/** Mistakes that are found in the file, before anything is sent. */
export function checkSection(title: string, about: string, all: readonly Checked[]): string {
  const [first] = all;
  const rows = all.map(({ client, problems }) => {
    const reported = problems.map(({ message, hint, didYouMean }) => {
      const meant = didYouMean === undefined ? '' : `did you mean ${didYouMean}? `;
      return code(`${message}: ${meant}${hint ?? ''}`);
    });
    return row(client.title, 'nothing is sent; exit 2', reported.join('<br>'), 'correct the file');
  });
  const block = ['```', first?.text ?? '', '```'];
  const example = ['The terminal shows the line, for all mistakes at once:', '', ...block];
  return [`## ${title}`, '', about, '', ...head, ...rows, '', ...example].join('\n');
}

/** What a run meets, and how it goes on. */
export function courseSection(section: Section, courses: ReadonlyMap<Client, Course>): string {
  const rows = [...courses].map(([client, course]) =>
    row(client.title, stateText(course), toldText(course), section.toDo(client, course)),
  );
  return [`## ${section.title}`, '', section.about, '', ...head, ...rows].join('\n');
}

function stateText({ during, end, fixed, accepted }: Course): string {
  const made = accepted === 1 ? 'paid once' : `${accepted} paid, each once`;
  const words = (look: Look): string =>
    look.exitCode === 0 ? `saved, ${made}` : `${shotWords(look)}; exit ${look.exitCode}`;
  const states = [words(during)];
  if (end !== during) states.push(`then ${words(end)}`);
  if (fixed) states.push(`after that: ${words(fixed)}`);
  return states.join('<br>');
}

function shotWords({ shots, submissions, blocks, blockedSeconds }: Look): string {
  const shot = shotStates[shots[0]?.state as keyof typeof shotStates];
  const last = submissions.at(-1)?.state ?? 'none';
  const request = requestStates[last as keyof typeof requestStates];
  const seconds = blocks[0] === 'limited' ? ` for ${blockedSeconds} s` : '';
  const blocked =
    blocks.length > 0 ? `, account blocked (\`${blocks.join('`, `')}\`)${seconds}` : '';
  return `${shot}: ${request}${blocked}`;
}

const shotStates = { open: 'waits', bound: 'running', failed: 'failed', parked: 'parked' };
const requestStates = {
  none: 'no request was sent',
  rejected: 'its request was refused',
  ambiguous: 'it is not known whether a job was made',
  parked: 'it is not known whether a job was made',
  submitted: 'its job is polled',
  succeeded: 'its job is done, its file not here yet',
};

/** What `status` says while it lasts, and at an end that is none; and the receipt, of the last request. */
function toldText({ during, end }: Course): string {
  const why = during.submissions.at(-1)?.why ?? during.shots[0]?.outputs[0]?.why;
  const left = end.exitCode === 0 || end === during ? [] : statusLines(end);
  const lines = [...statusLines(during), ...left].map((line) => `\`status\`: ${code(line)}`);
  if (why && !lines.some((line) => line.includes(why))) lines.push(`receipt: ${code(why)}`);
  return lines.join('<br>');
}

/** Those that speak of the problem; else the first, which says that all goes on. */
function statusLines({ text }: Look): string[] {
  const lines = text.split('\n');
  const reported = lines.filter((line) =>
    /^ +(stopped|blocked|failed|parked|damaged|unfetched)\b/.test(line),
  );
  return (reported.length > 0 ? reported : lines.slice(0, 1)).map((line) =>
    line.replaceAll(/ {2,}/g, ' '),
  );
}

function row(...cells: readonly string[]): string {
  return `| ${cells.map((cell) => cell.replaceAll('|', '\\|')).join(' | ')} |`;
}

function code(text: string): string {
  return `\`${text.trim()}\``;
}
