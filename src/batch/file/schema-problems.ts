import type { z } from 'zod';
import type { Problem } from '../problem.ts';
import { knownKeys } from './schema.ts';
import { didYouMean } from './suggest.ts';
import type { YamlPlaces } from './yaml-places.ts';

type Issue = z.core.$ZodIssue;
type Path = (string | number)[];

/** Converts schema issues to problems with lines and suggestions. */
export function schemaProblems(issues: readonly Issue[], places: YamlPlaces): Problem[] {
  return issues.flatMap((issue) => problemsOf(issue, [], places));
}

function problemsOf(issue: Issue, prefix: Path, places: YamlPlaces): Problem[] {
  const path = [...prefix, ...issue.path.map((key) => (typeof key === 'symbol' ? '' : key))];
  if (issue.code === 'unrecognized_keys')
    return issue.keys.map((key) => unknownKey(path, key, places));
  if (issue.code === 'invalid_union') {
    const branch = issue.errors.find((branchIssues) => !branchIssues.some(isOwnType));
    if (branch) return branch.flatMap((inner) => problemsOf(inner, path, places));
  }
  if (isMissing(issue)) {
    const parent = path.slice(0, -1);
    const message = `${String(path.at(-1))} is missing`;
    return [make(message, path, places.at(parent, 'key'), contextOf(path))];
  }
  const problem = make(`${pathText(path)} is not right`, path, places.at(path), contextOf(path));
  return [{ ...problem, hint: issue.message, ...suggestion(issue) }];
}

/** Whether the issue says that the value has another type than this branch of a union. */
function isOwnType(issue: Issue): boolean {
  if (issue.path.length > 0 || issue.code === 'unrecognized_keys' || isRule(issue)) return false;
  return issue.code !== 'invalid_union' || issue.errors.every((branch) => branch.some(isOwnType));
}

function isRule(issue: Issue): boolean {
  return ['too_small', 'too_big', 'custom'].includes(issue.code);
}

/** Zod reports the value of a missing key as undefined, which YAML itself can never hold. */
function isMissing(issue: Issue): boolean {
  return issue.code !== 'unrecognized_keys' && issue.input === undefined && 'input' in issue;
}

function unknownKey(path: Path, key: string, places: YamlPlaces): Problem {
  const allowed = knownKeys(path);
  const meant = didYouMean(key, allowed);
  const full = [...path, key];
  const problem = make(`unknown key ${key}`, full, places.at(full, 'key'), contextOf(path));
  const hint = meant ? `did you mean ${meant}?` : `there are ${allowed.join(', ')}`;
  return { ...problem, allowed, hint, ...(meant ? { didYouMean: meant } : {}) };
}

function suggestion(issue: Issue): Partial<Problem> {
  if (issue.code !== 'invalid_value' || typeof issue.input !== 'string') return {};
  const allowed = issue.values.map(String);
  const meant = didYouMean(issue.input, allowed);
  if (!meant) return { allowed };
  return { allowed, didYouMean: meant, hint: `did you mean ${meant}? ${issue.message}` };
}

function make(
  message: string,
  path: Path,
  place: Problem['place'],
  context: string | undefined,
): Problem {
  return { severity: 'error', message, path, place, ...(context ? { context } : {}) };
}

/** `step sizes`, `model pa`. */
export function contextOf(path: readonly (string | number)[]): string | undefined {
  if (path.length < 2) return undefined;
  if (path[0] === 'steps') return `step ${path[1]}`;
  return path[0] === 'models' ? `model ${path[1]}` : undefined;
}

function pathText(path: Path): string {
  const [top] = path;
  const inner = (top === 'steps' || top === 'models') && path.length > 2 ? path.slice(2) : path;
  return (
    inner.map((key) => (typeof key === 'number' ? `[${key + 1}]` : key)).join('.') || 'the file'
  );
}
