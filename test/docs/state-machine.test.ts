import { describe, expect, it } from 'vitest';
import { shotTransitions, transitions } from '../../src/ledger/rules/transitions.ts';
import { root } from './support.ts';

type Transitions = Readonly<
  Record<string, { readonly from: readonly string[]; readonly to: string; readonly when: string }>
>;

/** One arrow for each pair of states, whatever leads from one to the other. */
function diagram(table: Transitions, first: readonly string[]): string {
  const arrows = new Map<string, string[]>();
  for (const [name, { from, to }] of Object.entries(table))
    for (const state of from)
      if (state !== to)
        arrows.set(`${state} --> ${to}`, [...(arrows.get(`${state} --> ${to}`) ?? []), name]);
  const lines = [
    ...first.map((state) => `  [*] --> ${state}`),
    ...[...arrows].map(([arrow, names]) => `  ${arrow}: ${names.join(', ')}`),
  ];
  return ['```mermaid', 'stateDiagram-v2', ...lines, '```'].join('\n');
}

function rows(table: Transitions): string {
  const lines = Object.entries(table).map(
    ([name, { from, to, when }]) => `| \`${name}\` | ${from.join(', ')} | ${to} | ${when} |`,
  );
  return ['| event | from | to | when |', '| --- | --- | --- | --- |', ...lines].join('\n');
}

const page = `# The states of a submission and of a shot

This page is written by a test, out of [the tables that the ledger obeys](../../src/ledger/rules/transitions.ts).
One file is the only writer of each: [submissions](../../src/ledger/sqlite/submission-state.ts), [shots](../../src/ledger/sqlite/shot-state.ts).
The ledger's tests have the database note every change of a state, and find each in its table.

## A submission

A submission is one paid request. Of one request at one account, at most one is alive or accepted: a unique index sees to it.

${diagram(transitions, ['claimed', 'ambiguous'])}

${rows(transitions)}

## A shot

A shot waits for a submission, its own or another batch's. When that changes, all shots bound to it change with it.

${diagram(shotTransitions, ['open'])}

${rows(shotTransitions)}
`;

describe('docs/internals/state-machine.md', () => {
  it('says what the tables say; `npx vitest run test/docs -u` writes it again', async () => {
    await expect(page).toMatchFileSnapshot(`${root}docs/internals/state-machine.md`);
  });
});
