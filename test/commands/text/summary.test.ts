import { describe, expect, it } from 'vitest';
import { statusSchema } from '../../../src/commands/json/status.ts';
import {
  formatSummary,
  type ShownProject,
  statusJson,
} from '../../../src/commands/text/summary.ts';
import { exitCodeOf } from '../../../src/commands/text/totals.ts';
import type { BatchStatus, FileNote } from '../../../src/ledger/port.ts';

const status: BatchStatus = {
  row: {
    batch: 'fox',
    run: 1,
    state: 'finished',
    frozen: '',
    unknownPrices: false,
    project: '',
    ownerPath: '/project/fox.yaml',
    policy: { retries: 1, paidRetries: 0, maxFailures: null, onAmbiguous: 'park' },
    steps: [],
    startedAt: 0,
    endedAt: 1,
  },
  steps: [],
  accounts: [
    {
      account: 'acme@https://acme.test',
      unit: 'credits',
      planned: 30_000,
      reserved: 0,
      spent: 20_000,
      refunded: 0,
      promised: 5_000,
      lost: 0,
      unproven: 0,
      ambiguous: 0,
      cap: null,
    },
  ],
  blocks: [],
  raisedPrices: [],
  undecidedTrainings: 0,
  stops: [],
  unmade: [],
  isStopped: false,
};

const shown: ShownProject = {
  outFolder: 'out',
  argumentFor: ({ batch }) => batch,
  runCommand: ({ ownerPath }) => `shotlist run ${ownerPath}`,
  keyVariableOf: () => 'ACME_API_KEY',
};

describe('the summary of a batch', () => {
  it('tells what a vendor has promised to give back', () => {
    expect(formatSummary(status, shown, { problems: [] })).toContain(
      'Spent 20 credits at acme, 5 credits of it promised back.',
    );
    expect(statusSchema.parse(statusJson(status, shown, { problems: [] }))).toMatchObject({
      spent: [{ account: 'acme', unit: 'credits', amount: '20', promised: '5' }],
    });
  });

  it('says which files are damaged or not to be had, and why', () => {
    const note = { index: 0, tries: 4, nextAt: null };
    const notes: FileNote[] = [
      ...['a', 'b', 'c', 'd'].map((name) => ({
        ...note,
        key: `draw/${name}`,
        state: 'damaged' as const,
        why: 'it ends early',
      })),
      { ...note, key: 'draw/e', state: 'unfetched', why: 'answered 403', nextAt: 0 },
    ];
    const text = formatSummary(status, shown, { problems: [], notes });
    expect(text).toContain(
      '  damaged    4 files are damaged: draw/a: it ends early; draw/b: it ends early; draw/c: it ends early; and 1 more\n' +
        '  unfetched  1 file is not available yet: draw/e: answered 403\n',
    );
    expect(statusSchema.parse(statusJson(status, shown, { problems: [], notes }))).toMatchObject({
      damaged: [{ key: 'draw/a', output: 0, why: 'it ends early' }, {}, {}, {}],
      unfetched: [
        { key: 'draw/e', why: 'answered 403', tries: 4, next: '1970-01-01T00:00:00.000Z' },
      ],
    });
  });

  it('counts the files of a shot from 1', () => {
    const note = { key: 'draw/a', state: 'damaged', why: 'short', tries: 1, nextAt: null } as const;
    const notes = [0, 1].map((index) => ({ ...note, index }));
    expect(formatSummary(status, shown, { problems: [], notes })).toContain(
      '2 files are damaged: draw/a, file 1: short; draw/a, file 2: short\n',
    );
  });

  it('gives scripts the reasons that a person reads', () => {
    const account = 'acme@https://acme.test';
    const none = { total: 2, succeeded: 0, cached: 0, failed: 1, parked: 0, running: 0 };
    const stopped: BatchStatus = {
      ...status,
      row: { ...status.row, state: 'running' },
      steps: [{ step: 'draw', waiting: 1, outputs: 0, partial: 0, damaged: 0, ...none }],
      blocks: [{ account, model: 'quick', reason: 'badKey', until: null, why: null, since: null }],
      stops: [{ kind: 'budget', scope: 'batch', account }],
    };
    const problems = [{ state: 'failed', why: 'no cats', count: 1, keys: ['draw/a'] }] as const;
    const options = { problems: problems.map((each) => ({ ...each, keys: [...each.keys] })) };
    const text = formatSummary(stopped, shown, options);
    const document = statusSchema.parse(statusJson(stopped, shown, options));
    expect(document).toMatchObject({
      stops: [{ kind: 'budget', account: 'acme' }],
      blocks: [{ account: 'acme', model: 'quick', reason: 'badKey', until: null }],
      problems,
    });
    for (const each of [...document.stops, ...document.blocks]) expect(text).toContain(each.text);
    for (const { why } of document.problems) expect(text).toContain(why);
  });

  it('has the exit code 3 where a file is damaged, and nothing else is wrong', () => {
    const counts = { total: 1, succeeded: 1, cached: 0, failed: 0, parked: 0, running: 0 };
    const step = { step: 'draw', waiting: 0, outputs: 1, partial: 0, ...counts };
    const codeOf = (damaged: number) => exitCodeOf({ ...status, steps: [{ ...step, damaged }] });
    expect([codeOf(0), codeOf(1)]).toEqual([0, 3]);
  });

  describe('of a batch that was stopped between two steps', () => {
    const counts = { total: 6, succeeded: 6, cached: 0, failed: 0, parked: 0, running: 0 };
    const steps = [{ step: 'draw', waiting: 0, outputs: 6, partial: 0, damaged: 0, ...counts }];
    const stoppedAs = (state: 'paused' | 'cancelled' | 'running', unmade = status.unmade) => ({
      ...status,
      row: { ...status.row, state, endedAt: null },
      steps,
      unmade,
    });
    const larger = [{ step: 'larger', files: 6 }];

    it('names the step whose shots were not made, and waits for a person', () => {
      for (const state of ['paused', 'cancelled'] as const) {
        const stopped = stoppedAs(state, larger);
        const text = formatSummary(stopped, shown, { problems: [] });
        expect(text).toContain('  not made   the shots of the step larger for 6 files\n');
        expect(text).toContain(state === 'paused' ? 'shotlist resume fox' : 'shotlist run ');
        expect(statusSchema.parse(statusJson(stopped, shown, { problems: [] }))).toMatchObject({
          unmade: larger,
        });
        expect(exitCodeOf(stopped)).toBe(4);
      }
    });

    it('has the exit code 4 while it has not ended, since a step may follow', () => {
      const codes = (['running', 'paused', 'cancelled'] as const).map((state) =>
        exitCodeOf(stoppedAs(state)),
      );
      expect(codes).toEqual([4, 4, 0]);
    });
  });

  it('sends nobody to run a paused batch, and names the command that fetches its paid files', () => {
    const counts = { total: 2, succeeded: 0, cached: 0, failed: 0, parked: 0, running: 1 };
    const paused: BatchStatus = {
      ...status,
      row: { ...status.row, state: 'paused', endedAt: null },
      steps: [{ step: 'draw', waiting: 1, outputs: 0, partial: 0, damaged: 0, ...counts }],
    };
    const account = 'acme@https://acme.test';
    const left = [
      { batch: 'fox', account, unit: 'credits', jobs: 1, files: 0, amount: 0 } as const,
    ];
    const { next } = statusJson(paused, shown, { problems: [], left });
    expect(next).toEqual(['shotlist resume fox', 'shotlist collect fox']);
  });

  const blocked = (
    reason: BatchStatus['blocks'][number]['reason'],
    counts: object,
    why: string | null = null,
  ): string => {
    const none = { total: 1, succeeded: 0, cached: 0, failed: 0, parked: 0, running: 0 };
    const files = { outputs: 0, partial: 0, damaged: 0 };
    const account = 'acme@https://acme.test';
    return formatSummary(
      {
        ...status,
        row: { ...status.row, state: 'running' },
        steps: [{ step: 'draw', waiting: 0, ...files, ...none, ...counts }],
        blocks: [
          { account, model: null, reason, until: null, why, since: why === null ? null : 0 },
        ],
        stops: reason === 'limited' ? [] : [{ kind: 'block', account, block: reason }],
      },
      shown,
      { problems: [] },
    );
  };

  it('raises the budget that is used up, and never resumes for it', () => {
    const account = 'acme@https://acme.test';
    const none = { total: 2, succeeded: 0, cached: 0, failed: 0, parked: 0, running: 0 };
    const capped = (state: BatchStatus['row']['state']): readonly string[] =>
      statusJson(
        {
          ...status,
          row: { ...status.row, state },
          steps: [{ step: 'draw', waiting: 2, outputs: 0, partial: 0, damaged: 0, ...none }],
          stops: [{ kind: 'budget', scope: 'batch', account }],
        },
        shown,
        { problems: [], caps: new Map([[account, 1_200_500]]) },
      ).next;
    const raise = "shotlist budget fox acme '1200.5 credits'";
    expect(capped('running')).toEqual([raise]);
    expect(capped('paused')).toEqual([raise, 'shotlist resume fox']);
    expect(capped('cancelled')).toEqual(['shotlist run /project/fox.yaml']);
  });

  it('says once what blocks an account, and what to do when it is fixed', () => {
    const text = blocked('badKey', { waiting: 1 });
    expect(text.match(/refuses the key/g)).toHaveLength(1);
    expect(text).toContain('set the right one in ACME_API_KEY, then resume');
    expect(text).toContain('shotlist resume fox');
  });

  it('asks nobody to resume what goes on by itself', () => {
    const text = blocked('limited', { waiting: 1 });
    expect(text).toContain('rate limited by the vendor; goes on by itself');
    expect(text).not.toContain('resume');
  });

  it('names the start and the last failure of an outage', () => {
    const text = blocked('unreachable', { waiting: 1 }, 'could not connect (ECONNREFUSED)');
    expect(text).toMatch(
      /cannot be reached since \d\d:\d\d:00: could not connect \(ECONNREFUSED\); tried again by itself/,
    );
  });

  it('names a block that nothing waits for only where a person ends it', () => {
    expect(blocked('unreachable', { succeeded: 1 })).not.toContain('blocked');
    expect(blocked('badKey', { succeeded: 1 })).toContain(
      'blocked: acme, the vendor refuses the key',
    );
  });
});
