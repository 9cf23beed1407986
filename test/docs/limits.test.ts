import { readdirSync } from 'node:fs';
import { expect, it } from 'vitest';
import { imageBytesMax } from '../../src/activities/outputs/media-only.ts';
import { outputsMax } from '../../src/activities/poll-job.ts';
import { linkedFileBytesMax } from '../../src/activities/uploads/linked-file.ts';
import { outputBytesMax } from '../../src/activities/outputs/keep-file.ts';
import { outputTimes } from '../../src/activities/outputs/fetch-output.ts';
import { dataBytesMax } from '../../src/batch/data/data.ts';
import { nameBytesMax } from '../../src/batch/names.ts';
import { cellsMax } from '../../src/batch/expansion/step-data.ts';
import { columnsMax, depthMax } from '../../src/batch/data/table-limits.ts';
import { renderMsMax, templateCharactersMax } from '../../src/batch/templates/template-engine.ts';
import { templateTextMax } from '../../src/batch/templates/template.ts';
import { aliasCountMax, batchBytesMax, valuesMax } from '../../src/batch/file/yaml-file.ts';
import { settingsBytesMax } from '../../src/config/settings-file.ts';
import { errorBodyMax } from '../../src/http/attempt.ts';
import { redirectsMax } from '../../src/http/download.ts';
import { askedMostMs } from '../../src/http/retry-after.ts';
import { answerBytesMax, answerDepthMax } from '../../src/http/request.ts';
import { encodingsMax } from '../../src/http/encoding.ts';
import { pixelsMax } from '../../src/media/examine.ts';
import { prologueBytesMax } from '../../src/media/sniff.ts';
import { svgBytesMax } from '../../src/media/structure/svg.ts';
import { idCharactersMax } from '../../src/providers/fields.ts';
import { timeoutRanges } from '../../src/providers/timeouts.ts';
import { jobsMax, pagesMax } from '../../src/providers/photogpt/jobs.ts';
import { entriesMax as listedMax } from '../../src/providers/productai/dialect-a/pages.ts';
import { pixelsMax as thumbnailPixelsMax } from '../../src/report/thumbnails.ts';
import { referenceBytesMax } from '../../src/storage/disk-files.ts';
import { entriesMax, matchesMax } from '../../src/storage/file-pattern.ts';
import { recoveryEntriesMax } from '../../src/storage/recovery.ts';
import { read, root } from './support.ts';

const count = (number: number): string => number.toLocaleString('en');
const kilobytes = (bytes: number): string => `${count(bytes / 1024)} KB`;
const megabytes = (bytes: number): string => kilobytes(bytes / 1024).replace('KB', 'MB');

/** Each limit as the code has it; the documents say what it is for and what happens beyond it. */
const limits = new Map([
  ['batch file', megabytes(batchBytesMax)],
  ['levels of nesting in a batch file or a line of JSONL', count(depthMax)],
  ['aliases in a batch file', count(aliasCountMax)],
  ['values in a batch file, aliases and merge keys written out', count(valuesMax)],
  ['`shotlist.yaml`', megabytes(settingsBytesMax)],
  ['data file', megabytes(dataBytesMax)],
  ['columns of a data file', count(columnsMax)],
  ['combinations of rows and axes in a step, and shots of a step', count(cellsMax)],
  ['characters of a template', count(templateTextMax)],
  ['characters and list entries that one template handles', count(templateCharactersMax)],
  ['time for one template', `${renderMsMax / 1_000} s`],
  ['files that a pattern finds', count(matchesMax)],
  ['names that a pattern looks through', count(entriesMax)],
  ['names in `out/` that are searched for lost bytes', count(recoveryEntriesMax)],
  ['a name', `${nameBytesMax} bytes`],
  ['referenced file', megabytes(referenceBytesMax)],
  ['file behind a referenced link, where it is uploaded', megabytes(linkedFileBytesMax)],
  ['answer of a vendor', megabytes(answerBytesMax)],
  ['levels of nesting in an answer', count(answerDepthMax)],
  ["an error's text", `${count(errorBodyMax)} characters`],
  [
    'time limit of a paid request, `postMs`',
    `${timeoutRanges.postMs.min / 1_000} s to ${timeoutRanges.postMs.max / 60_000} min`,
  ],
  ['wait that a vendor asks for', `${askedMostMs / 60_000} min`],
  ['an id of a vendor', `${idCharactersMax} characters`],
  ['pages of a list of jobs', count(pagesMax)],
  ['jobs in a list of jobs', count(Math.max(jobsMax, listedMax))],
  ['files of one job', count(outputsMax)],
  ['redirects of a download', count(redirectsMax)],
  ['layers of compression in an answer', count(encodingsMax)],
  ['image that a vendor made', megabytes(imageBytesMax)],
  ['SVG that a vendor made', megabytes(svgBytesMax)],
  ['XML before the root element of an SVG', kilobytes(prologueBytesMax)],
  ['video that a vendor made', megabytes(outputBytesMax)],
  ['time for a download', `${outputTimes.timeoutMs / 60_000} min`],
  ['silence in a download', `${outputTimes.idleTimeoutMs / 1_000} s`],
  ['pixels of an image', count(pixelsMax)],
  ['pixels of an image that gets a thumbnail', count(thumbnailPixelsMax)],
]);

it('docs/limits.md has every limit as the code has it, and no other', () => {
  const rows = read('docs/limits.md')
    .split('\n')
    .filter((line) => /^\| (?!-|what )/.test(line))
    .map((line) => line.split('|').map((cell) => cell.trim()))
    .map(([, what = '', limit = '', beyond = '']) => ({ what, limit, explained: beyond !== '' }));
  expect(rows).toEqual([...limits].map(([what, limit]) => ({ what, limit, explained: true })));
});

it('every limit that a module exports is among them', () => {
  const modules = ['batch', 'http', 'media', 'storage', 'activities', 'providers', 'report'];
  const files = modules.flatMap((module) =>
    (readdirSync(`${root}src/${module}`, { recursive: true }) as string[])
      .filter((name) => name.endsWith('.ts'))
      .map((name) => `src/${module}/${name}`),
  );
  const named = read('test/docs/limits.test.ts');
  const missing = files.flatMap((file) =>
    [...read(file).matchAll(/^export const (\w+Max) = \d/gm)]
      .map(([, name = '']) => name)
      .filter((name) => !new RegExp(`\\b${name}\\b`).test(named)),
  );
  expect(missing.filter((name) => name !== 'referencesMax')).toEqual([]);
});
