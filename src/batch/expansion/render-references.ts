import type { Cell } from './cells.ts';
import { type FoundReference, mediaKindOf } from '../checks/check-references.ts';
import {
  type CompiledValue,
  type RenderedValue,
  renderValue,
} from '../templates/compiled-value.ts';
import type { Files } from '../data/files.ts';
import { findFiles } from '../data/find-files.ts';
import type { DocumentPath, Mistake } from '../file/problem-at.ts';
import type { Recipe } from '../recipe.ts';
import { SourceMarker, type TemplateScope } from '../templates/template.ts';

/** The references of one shot in order. Lists are flattened, blanks dropped and patterns expanded. */
export function renderReferences(
  written: Recipe['references'],
  cell: Cell,
  scope: TemplateScope,
  files: Files,
  mistakes: Mistake[],
): FoundReference[] {
  if (written === undefined) return [];
  if (written === 'source') return sourceReference(cell, undefined);
  const entries = written.kind === 'list' ? written.items : [written];
  return entries.flatMap((entry) => renderEntry(entry, cell, scope, files, mistakes));
}

function renderEntry(
  entry: CompiledValue,
  cell: Cell,
  scope: TemplateScope,
  files: Files,
  mistakes: Mistake[],
): FoundReference[] {
  const file = entry.kind === 'record' ? entry.entries.get('file') : entry;
  const roleValue = entry.kind === 'record' ? entry.entries.get('role') : undefined;
  if (file === undefined) return [];
  const rendered = renderValue(file, scope, mistakes);
  const role = roleValue === undefined ? undefined : renderValue(roleValue, scope, mistakes);
  const roleText = role === undefined || role === null ? undefined : String(role);
  return (Array.isArray(rendered) ? rendered : [rendered]).flatMap((value) =>
    findReference(value, file.path, roleText, cell, files, mistakes),
  );
}

function findReference(
  value: RenderedValue,
  path: DocumentPath,
  role: string | undefined,
  cell: Cell,
  files: Files,
  mistakes: Mistake[],
): FoundReference[] {
  if (value === undefined || value === null || value === '') return [];
  if (value instanceof SourceMarker) return sourceReference(cell, role);
  if (typeof value === 'object') {
    mistakes.push({
      path,
      message: 'a reference is a file or a link, not a list or record in a list',
    });
    return [];
  }
  const text = String(value).trim();
  const withRole = role === undefined ? {} : { role };
  if (/^https?:\/\//i.test(text))
    return [
      { reference: { kind: 'link', url: text, ...withRole }, media: undefined, label: text, path },
    ];
  return findFiles(text, path, files, cell.dataFile, mistakes).map((found) => ({
    reference: { kind: 'file', sha256: found.facts.sha256, path: found.path, ...withRole },
    media: mediaKindOf(found.facts.mime),
    label: found.path,
    path,
    file: { mime: found.facts.mime, bytes: found.facts.bytes },
  }));
}

function sourceReference(cell: Cell, role: string | undefined): FoundReference[] {
  if (!cell.source) return [];
  const { sha256, submission, index, mime, name, shot } = cell.source;
  const withRole = role === undefined ? {} : { role };
  return [
    {
      reference: { kind: 'output', sha256, submission, index, ...withRole },
      media: mediaKindOf(mime),
      label: `${shot.step}/${name}`,
      ...(cell.sourceAccount === undefined ? {} : { madeBy: cell.sourceAccount }),
    },
  ];
}
