import type { JobStatuses } from '../../src/providers/job-statuses.ts';
import type { FieldSpec, ModelSpec, ReferenceSpec } from '../../src/batch/model-spec.ts';

/** The catalogue as a part of the vendor's page: a table of models, then the options of each. */
export function modelsSection(models: readonly ModelSpec[]): string {
  return [
    '| model | makes | prompt | fields | references |',
    '|---|---|---|---|---|',
    ...models.map(
      (model) =>
        `| \`${model.id}\` | ${model.makes} | ${model.prompt} | ${fields(model.fields)} | ${references(model.references)} |`,
    ),
    '',
    '| model | options | notes |',
    '|---|---|---|',
    ...models.map(
      (model) =>
        `| \`${model.id}\` | ${model.options === 'unchecked' ? 'any, not checked' : fields(model.options)} | ${model.notes.join('; ') || '-'} |`,
    ),
  ].join('\n');
}

function fields(specs: Readonly<Record<string, FieldSpec | undefined>>): string {
  const shown = Object.entries(specs).map(([name, spec]) => {
    if (!spec) return name;
    const preset = spec.default === undefined ? '' : ` (${String(spec.default)})`;
    const note = spec.note ? ` *${spec.note}*` : '';
    return `**${name}** ${values(spec)}${preset}${note}`;
  });
  return shown.join('<br>') || '-';
}

function values(spec: FieldSpec): string {
  if (spec.kind === 'choice') return spec.values.join(', ');
  if (spec.kind === 'text' && spec.format === 'uuid') return 'a UUID';
  if (spec.kind === 'list') return `list of ${values(spec.of)}`;
  if (spec.kind !== 'integer' && spec.kind !== 'number') return spec.kind;
  const { min, max } = spec;
  if (min !== undefined && max !== undefined) return `${min} to ${max}`;
  return min === undefined ? spec.kind : `${spec.kind} from ${min}`;
}

function references({ min, max, takes, roles }: ReferenceSpec): string {
  if (max === 0) return '-';
  const count = min === max ? `exactly ${max}` : `${min} to ${max}`;
  return `${count}, as ${takes.join(' or ')}${roles.length > 0 ? `<br>${roles.join(', ')}` : ''}`;
}

/** What each status of a job means, and one that the vendor's documents do not list. */
export function statusesSection({ running, succeeded, failed, unlisted }: JobStatuses): string {
  const rest =
    unlisted === 'failed'
      ? 'failed, with the word as its reason; whether it was charged is not known'
      : "running, until the job's time limit has passed";
  return [
    '| status | means |',
    '|---|---|',
    `| ${running.join(', ')} | running |`,
    `| ${succeeded.join(', ')} | done |`,
    `| ${failed.join(', ')} | failed |`,
    `| any other | ${rest} |`,
  ].join('\n');
}
