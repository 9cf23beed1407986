import {
  Context,
  Drop,
  Output,
  toValueSync,
  TokenKind,
  Value,
  type Emitter,
  type Liquid,
  type Template as Node,
} from 'liquidjs';
import type { Json } from '../../json.ts';
import { didYouMean } from '../file/suggest.ts';
import {
  blankFilters,
  createEngine,
  isBlank,
  templateFilters,
  templateTags,
} from './template-engine.ts';
import { blanksAsNull } from './template-scope.ts';

/**
 * The value of `{{ source }}`: the file itself. Templates read its fields (`name`, `step`, ...) as
 * `{{ source.name }}`. Pass one as `scope.source`; a lone `{{ source }}` returns it.
 */
export class SourceMarker {
  readonly [fact: string]: Json;

  constructor(facts: Readonly<Record<string, Json>>) {
    Object.assign(this, facts);
  }
}

export type TemplateScope = Readonly<Record<string, unknown>>;

type Rendered =
  /** Undefined: rendered to nothing, so the field is left out. */
  | { readonly ok: true; readonly value: Json | SourceMarker | undefined }
  | {
      readonly ok: false;
      readonly reason: 'blank' | 'list' | 'record' | 'source' | 'error';
      /** The variable as written, `place.city`. Empty when no single variable is at fault. */
      readonly variable: string;
      readonly message: string;
    };

export interface Template {
  readonly text: string;
  /** Paths of all variables read, also inside `{% if %}`: `[['place', 'city']]`. */
  readonly names: readonly (readonly string[])[];
  /** Paths of the variables that are printed, filter arguments included. */
  readonly prints: readonly (readonly string[])[];
  render(scope: TemplateScope): Rendered;
}

/** Whether the text holds Liquid tags or outputs. */
function isTemplate(text: string): boolean {
  return text.includes('{{') || text.includes('{%');
}

const engine: Liquid = createEngine();
const cache = new Map<string, Template | { error: string }>();
const cachedMax = 5_000;

/** Compiles a template, and caches it by its text. */
export function compileTemplate(text: string): Template | { error: string } {
  const known = cache.get(text);
  if (known) return known;
  const compiled = isTemplate(text) ? compile(text) : plainText(text);
  if (cache.size >= cachedMax) cache.clear();
  cache.set(text, compiled);
  return compiled;
}

function plainText(text: string): Template {
  const rendered: Rendered = { ok: true, value: text === '' ? undefined : text };
  return { text, names: [], prints: [], render: () => rendered };
}

/** Maximum length of a text with tags or outputs. The rendered text may be longer. */
export const templateTextMax = 50_000;

function compile(text: string): Template | { error: string } {
  if (text.length > templateTextMax)
    return { error: `the template is longer than ${templateTextMax} characters` };
  let nodes: Node[];
  try {
    nodes = engine.parse(text);
  } catch (error) {
    return { error: explainSyntax(error) };
  }
  const outputs: Output[] = [];
  for (const node of everyNode(nodes)) {
    for (const argument of node.arguments?.() ?? []) {
      if (argument instanceof Value && !isOneExpression(argument))
        return { error: `${argument.initial.postfix.map(tokenText).join(' ')} is not one value` };
    }
    if (node instanceof Output) outputs.push(node);
  }
  const names = pathsOf(nodes);
  const keys = new Set(names.map((path) => path.join('\n')));
  const prints = pathsOf(outputs).filter((path) => keys.has(path.join('\n')));
  const lone = loneOutput(text);
  if (!lone) for (const output of outputs) guardPrinting(output);
  const forItems = /\{%-?\s*for\b/.test(text) || names.some((path) => path.includes('*'));
  const shown = names.map((path) => path.filter((key) => key !== '*'));
  return {
    text,
    names: shown,
    prints: prints.map((path) => path.filter((key) => key !== '*')),
    render: (scope) => render(lone ?? nodes, blanksAsNull(scope, shown, forItems)),
  };
}

/** The output of a text that is a single `{{ ... }}`, ignoring white space around it. */
function loneOutput(text: string): Output | undefined {
  const nodes: Node[] = engine.parse(text.trim());
  const [only] = nodes;
  return nodes.length === 1 && only instanceof Output ? only : undefined;
}

function* everyNode(nodes: readonly Node[]): Generator<Node> {
  for (const node of nodes) {
    yield node;
    if (node.children) yield* everyNode(toValueSync<Node[]>(node.children(false, true)));
  }
}

/** False for `{{ Product Name }}`: plain Liquid would print only the first word, without an error. */
function isOneExpression(value: Value): boolean {
  let depth = 0;
  for (const token of value.initial.postfix) {
    const operator = token.kind === TokenKind.Operator ? tokenText(token) : undefined;
    if (operator === undefined) depth += 1;
    else if (operator !== 'not') depth -= 1;
  }
  return depth === 1;
}

/** Variable paths. A segment known only while rendering (`place[key]`) becomes `*`. */
function pathsOf(nodes: Node[]): string[][] {
  const paths = new Map<string, string[]>();
  for (const segments of engine.globalVariableSegmentsSync(nodes)) {
    const path: string[] = [];
    for (const segment of segments) {
      if (Array.isArray(segment)) {
        path.push('*');
        break;
      }
      path.push(String(segment));
    }
    paths.set(path.join('\n'), path);
  }
  return [...paths.values()];
}

class Refusal extends Error {
  readonly reason: 'blank' | 'list' | 'record' | 'source' | 'error';
  readonly variable: string;

  constructor(reason: Refusal['reason'], variable: string, message: string) {
    super(message);
    this.reason = reason;
    this.variable = variable;
  }
}

function guardPrinting(output: Output): void {
  output.render = function* printOutput(context: Context, emitter: Emitter) {
    emitter.write(printable((yield evaluate(output, context)) as unknown, variableOf(output)));
  };
}

/** Evaluates an output. Refuses a blank or a source on the variable itself, before filters. */
function* evaluate(output: Output, context: Context): Generator<unknown, unknown, unknown> {
  const { initial, filters } = output.value;
  const variable = variableOf(output);
  let value = yield initial.evaluate(context, false);
  if (value instanceof Drop) value = null;
  const first = filters[0]?.name ?? '';
  if (isBlank(value) && !blankFilters.has(first))
    throw new Refusal('blank', variable, `${variable} is blank`);
  for (const filter of filters) {
    if (value instanceof SourceMarker && !blankFilters.has(filter.name)) refuseSource(variable);
    try {
      value = yield filter.render(value, context);
    } catch (error) {
      throw new Refusal('error', variable, `${variable}: ${rootOf(error).message}`);
    }
  }
  if (value instanceof Drop) value = null;
  if (typeof value === 'number' && !Number.isFinite(value))
    throw new Refusal('error', variable, `{{ ${tokenText(output.token)} }} is not a number`);
  return value;
}

function printable(value: unknown, variable: string): string {
  if (isBlank(value)) return '';
  if (value instanceof SourceMarker) refuseSource(variable);
  if (Array.isArray(value))
    throw new Refusal('list', variable, `${variable} is a list, which text cannot hold`);
  if (typeof value === 'object')
    throw new Refusal('record', variable, `${variable} is a record, which text cannot hold`);
  return String(value);
}

function refuseSource(variable: string): never {
  const message = `${variable} is a file, which text cannot hold; its name is {{ source.name }}`;
  throw new Refusal('source', variable, message);
}

function render(nodes: Node[] | Output, scope: TemplateScope): Rendered {
  try {
    if (Array.isArray(nodes)) {
      const text = engine.renderSync(nodes, scope) as string;
      return { ok: true, value: text === '' ? undefined : text };
    }
    const context = new Context(scope, engine.options, { sync: true });
    const value: unknown = toValueSync(evaluate(nodes, context));
    return { ok: true, value: isBlank(value) ? undefined : (value as Json | SourceMarker) };
  } catch (error) {
    const cause = rootOf(error);
    if (cause instanceof Refusal)
      return { ok: false, reason: cause.reason, variable: cause.variable, message: cause.message };
    return { ok: false, reason: 'error', variable: '', message: withoutPosition(cause.message) };
  }
}

function variableOf(output: Output): string {
  return output.value.initial.postfix.map(tokenText).join(' ');
}

function tokenText(token: { getText(): string; content?: unknown }): string {
  const text = token.getText();
  return text.startsWith('{{') ? String(token.content).trim() : text;
}

function rootOf(error: unknown): Error {
  let cause = error as Error & { originalError?: Error };
  while (cause.originalError) cause = cause.originalError;
  return cause;
}

function withoutPosition(message: string): string {
  return message.replace(/, (file:[^,]*, )?line:\d+, col:\d+$/, '');
}

/** Liquid's own message, except for two common mistakes: an unknown filter or tag. */
function explainSyntax(error: unknown): string {
  const message = withoutPosition(rootOf(error).message);
  const filter = /^undefined filter: (.*)$/.exec(message)?.[1];
  if (filter !== undefined) return unknownWord('filter', filter, templateFilters);
  const tag = /^tag "(.*)" not found$/.exec(message)?.[1];
  if (tag !== undefined) return unknownWord('tag', tag, templateTags);
  return message;
}

function unknownWord(what: string, written: string, allowed: readonly string[]): string {
  const meant = didYouMean(written, allowed);
  const hint = meant ? `did you mean ${meant}?` : `there are ${allowed.join(', ')}`;
  return `there is no ${what} ${written}; ${hint}`;
}
