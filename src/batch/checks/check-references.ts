import type { AccountSpec, MediaKind, ModelSpec } from '../model-spec.ts';
import type { Reference } from '../request.ts';
import type { DocumentPath } from '../file/problem-at.ts';
import { fileProblem, type LocalFile } from './file-rules.ts';
import type { RequestProblem } from './request-problem.ts';

/** A resolved reference, with the facts known before it is sent. */
export interface FoundReference {
  readonly reference: Reference;
  /** Undefined for a link, which was not fetched. */
  readonly media: MediaKind | undefined;
  /** Name for people: a path, a link, or the name of an output. */
  readonly label: string;
  /** Where it is written. */
  readonly path?: DocumentPath;
  /** Facts about a local file. */
  readonly file?: Omit<LocalFile, 'name'>;
  /** For an output: the account that made it. */
  readonly madeBy?: Pick<AccountSpec, 'name' | 'vendor'>;
}

/** The kind of a file by its sniffed type. Undefined when no step can pass it on. */
export function mediaKindOf(mime: string | undefined): MediaKind | undefined {
  if (mime === undefined) return undefined;
  if (mime.startsWith('image/svg')) return 'vector';
  const family = mime.split('/')[0];
  if (family === 'image' || family === 'video' || family === 'audio' || family === 'text')
    return family;
  return undefined;
}

/** Checks count, kind, role and transport of a shot's references. */
export function checkReferences(
  found: readonly FoundReference[],
  account: AccountSpec,
  spec: ModelSpec,
): { references: Reference[]; problems: RequestProblem[] } {
  const model = `${account.name}:${spec.id}`;
  const { min, max } = spec.references;
  const problems: RequestProblem[] = [];
  if (found.length < min || found.length > max)
    problems.push({
      field: 'references',
      message: `${model} takes ${countText(min, max)}, not ${found.length}`,
    });
  const references: Reference[] = [];
  if (max === 0) return { references, problems };
  for (const item of found) {
    const role = roleOf(item, model, spec, problems);
    const message =
      kindMessage(item, role, model, spec) ??
      arrivalMessage(item, account, model, spec) ??
      fileMessage(item, account, spec);
    const at = item.path === undefined ? {} : { path: item.path };
    if (message) problems.push({ field: 'references', ...at, ...message });
    references.push({ ...item.reference, ...(role === undefined ? {} : { role }) });
  }
  return { references, problems };
}

function countText(min: number, max: number): string {
  if (max === 0) return 'no references';
  if (min === max) return `exactly ${max} ${max === 1 ? 'reference' : 'references'}`;
  if (min === 0) return `at most ${max} ${max === 1 ? 'reference' : 'references'}`;
  return `${min} to ${max} references`;
}

function roleOf(
  item: FoundReference,
  model: string,
  spec: ModelSpec,
  problems: RequestProblem[],
): string | undefined {
  const { roles } = spec.references;
  const written = item.reference.role;
  if (written === undefined) return roles[0];
  const role = roles.find((known) => known.toLowerCase() === written.toLowerCase());
  if (role === undefined)
    problems.push({
      field: 'references',
      message: `${model} knows no role ${written}`,
      hint: roles.length === 0 ? 'its references have no roles' : `it takes ${roles.join(', ')}`,
      allowed: roles,
    });
  return role;
}

function kindMessage(
  item: FoundReference,
  role: string | undefined,
  model: string,
  spec: ModelSpec,
): { message: string; hint?: string } | undefined {
  if (item.reference.kind === 'link') return undefined;
  if (item.media === undefined) return { message: `${item.label} is neither an image nor a video` };
  const { reads, readsByRole } = spec.references;
  const first = reads[0];
  const byRole = role === undefined ? undefined : (readsByRole?.[role] ?? first);
  const wanted = byRole === undefined ? reads : [byRole];
  if (wanted.includes(item.media)) return undefined;
  const place = role === undefined ? '' : ` as ${role}`;
  return {
    message: `${item.label} is ${articleFor(item.media)}, and ${model} reads ${wanted.join(' or ')}${place}`,
  };
}

function articleFor(media: MediaKind): string {
  if (media === 'text' || media === 'audio') return media;
  return media === 'image' ? 'an image' : `a ${media}`;
}

/** Explains the options when a reference cannot reach the vendor in its form. */
function arrivalMessage(
  item: FoundReference,
  account: AccountSpec,
  model: string,
  spec: ModelSpec,
): { message: string; hint: string } | undefined {
  const { takes } = spec.references;
  const { reference } = item;
  if (item.madeBy?.name === account.name && takes.includes('own')) return undefined;
  if (takes.includes('file')) return undefined;
  if (!takes.includes('link'))
    return {
      message: `${model} takes only what ${account.name} itself has made, not ${item.label}`,
      hint: `read a step of ${account.name} with from:`,
    };
  if (reference.kind === 'link' || account.hostsFiles) return undefined;
  // The vendor's own link to its output serves as the public link.
  if (item.madeBy?.vendor === account.vendor) return undefined;
  const made = item.madeBy === undefined ? '' : `, made by ${item.madeBy.name}`;
  return {
    message: `${model} takes references as public links only, and ${item.label} is a file${made}`,
    hint: `write a link, or give ${account.name} a referenceHost in shotlist.yaml`,
  };
}

/** A local file is uploaded to the account, or to the account that gives it a public link. */
function fileMessage(
  { file, label }: FoundReference,
  account: AccountSpec,
  { references: { takes } }: ModelSpec,
): { message: string; hint: string } | undefined {
  if (!file) return undefined;
  const own = takes.includes('file');
  const rules = own ? account.uploads : account.hostUploads?.rules;
  const taker = own ? account.name : `${account.hostUploads?.by}, which hosts it,`;
  return rules && fileProblem(rules, { name: label, ...file }, taker);
}
