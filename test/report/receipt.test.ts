import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import type { AccountMoney, OutputRow, ShotRow, SubmissionRow } from '../../src/ledger/port.ts';
import { writeManifest } from '../../src/report/manifest.ts';
import { formatReceipt, receiptOf, writeReceipt } from '../../src/report/receipt.ts';
import { sidecarOf } from '../../src/report/sidecar.ts';

const studio: AccountMoney = {
  account: 'studio',
  unit: 'credits',
  planned: 1_250_000,
  reserved: 0,
  spent: 37_500,
  refunded: 0,
  promised: 0,
  lost: 0,
  ambiguous: 12_500,
  unproven: 0,
  cap: null,
};
const submission: SubmissionRow = {
  submission: 's1',
  operation: 'generate',
  key: 'portraits/linen',
  attempt: 1,
  account: 'studio',
  state: 'succeeded',
  jobId: 'job-1',
  job: { id: 'job-1' },
  price: { amount: 12_500, unit: 'credits', basis: 'assumed' },
  reserved: 0,
  spent: 25_000,
  billed: 25_000,
  listed: null,
  claimedAt: 1_000,
  submittedAt: 2_000,
  endedAt: 3_000,
  why: null,
  refusals: 1,
  duplicate: false,
  resolution: null,
  refund: null,
  undelivered: 0,
  outputs: [],
};
const training: SubmissionRow = { ...submission, operation: 'train', key: 'model', billed: null };
const parked: SubmissionRow = {
  ...submission,
  billed: null,
  key: 'portraits/silk',
  state: 'parked',
  jobId: null,
  why: 'the answer was lost',
};

describe('the receipt', () => {
  it('has the shape that others rely on', () => {
    expect(receiptOf('autumn', [studio], [submission, training])).toMatchObject({
      batch: 'autumn',
      accounts: [
        {
          account: 'studio',
          unit: 'credits',
          planned: '1250',
          reserved: '0',
          spent: '37.5',
          refunded: '0',
          promised: '0',
          ambiguous: '12.5',
          unproven: '0',
        },
      ],
      submissions: [
        {
          key: 'portraits/linen',
          attempt: 1,
          state: 'succeeded',
          jobId: 'job-1',
          price: '25',
          overBilled: '12.5',
        },
        { key: 'model', attempt: 1, state: 'succeeded', jobId: null, price: '12.5' },
      ],
    });
  });

  it('has a column for money that a vendor promised back, where some is owed', () => {
    const [, , header, row] = formatReceipt('autumn', [{ ...studio, promised: 2_500 }], []).split(
      '\n',
    );
    expect(header).toBe('  account  planned  reserved  spent  refunded  promised  ambiguous');
    expect(row).toBe('  studio     1,250         0   37.5         0       2.5       12.5  credits');
  });

  it('names each job whose money was promised back', () => {
    const owed: SubmissionRow = {
      ...submission,
      billed: null,
      state: 'failed',
      refund: 'owed',
      why: 'blocked',
    };
    expect(formatReceipt('autumn', [studio], [owed])).toContain(
      '  portraits/linen  refund owed  job-1  blocked',
    );
    expect(receiptOf('autumn', [], [owed]).submissions).toMatchObject([{ refund: 'owed' }]);
  });

  it('tells equal refusals in one line, with their number', () => {
    const refused: SubmissionRow = {
      ...submission,
      state: 'rejected',
      jobId: null,
      billed: null,
      spent: 0,
      refusals: 12,
      why: 'Acme answered 429: too many',
    };
    const text = formatReceipt('autumn', [studio], [refused]);
    expect(text).toContain('12 submissions: 12 rejected');
    expect(text).toMatch(/portraits\/linen +refused 12 times: Acme answered 429: too many$/m);
    expect(receiptOf('autumn', [], [refused]).submissions).toMatchObject([{ refusals: 12 }]);
    const once = receiptOf('autumn', [], [{ ...refused, refusals: 1 }]).submissions[0];
    expect(once).not.toHaveProperty('refusals');
  });

  it('tells a bill above its price, a request sent again, and a job that came late', () => {
    const again: SubmissionRow = { ...parked, state: 'rejected', resolution: 'again' };
    const late: SubmissionRow = { ...again, duplicate: true, state: 'succeeded', jobId: 'job-9' };
    const unsure = { ...studio, unproven: 12_500 };
    const text = formatReceipt('autumn', [unsure], [submission, again, late]);
    expect(text).toMatch(/ambiguous +unproven$/m);
    expect(text).toMatch(/portraits\/linen +billed 12.5 credits above its price +job-1$/m);
    expect(text).toMatch(/portraits\/silk +sent again by a person, may have been charged +no job/);
    expect(text).toMatch(/portraits\/silk +its job came late: counted and collected +job-9/);
    expect(receiptOf('autumn', [unsure], [submission, again, late])).toMatchObject({
      accounts: [{ unproven: '12.5' }],
      submissions: [{ overBilled: '12.5' }, { resolution: 'again' }, { duplicate: true }],
    });
  });

  it('lines up its columns and names what needs a look', () => {
    const plain = { ...submission, billed: null };
    expect(formatReceipt('autumn', [studio], [plain, parked])).toBe(
      [
        'autumn',
        '',
        '  account  planned  reserved  spent  refunded  ambiguous',
        '  studio     1,250         0   37.5         0       12.5  credits',
        '',
        '2 submissions: 1 succeeded, 1 parked',
        '',
        'worth a look:',
        '  portraits/silk  sent, no answer; a person decides  no job id  the answer was lost',
        '',
      ].join('\n'),
    );
  });
});

const output: OutputRow = {
  index: 0,
  remote: 'image-1',
  state: 'saved',
  sha256: 'a'.repeat(64),
  bytes: 10,
  mime: 'image/png',
  width: 4,
  height: 5,
  savedAt: 4_000,
  why: null,
  damaged: null,
};
const shot: ShotRow = {
  key: 'portraits/linen',
  step: 'portraits',
  name: 'linen',
  ordinal: 0,
  take: 1,
  account: 'studio',
  fingerprint: 'f',
  request: {
    account: 'studio',
    model: 'large',
    choice: { kind: 'public', id: 'large' },
    prompt: 'a linen suit',
    seed: undefined,
    options: { style: 'raw' },
    references: [],
  },
  price: submission.price,
  billed: null,
  state: 'done',
  why: null,
  tries: 1,
  origin: 'rows.csv:2',
  submission: 's1',
  submissionState: 'succeeded',
  cached: false,
  undelivered: 0,
  outputs: [output],
};

describe('files beside the outputs', () => {
  it('say what was asked, at which price, when and by which job', () => {
    const sidecar = sidecarOf('autumn', shot, output, submission);
    expect(sidecar).toMatchObject({
      key: 'portraits/linen',
      sha256: output.sha256,
      model: 'large',
      prompt: 'a linen suit',
      request: { choice: { kind: 'public', id: 'large' }, options: { style: 'raw' } },
      jobId: 'job-1',
      remote: 'image-1',
      files: { ordered: 1, delivered: 1 },
      price: { amount: '25', unit: 'credits', basis: 'exact' },
      times: { submitted: '1970-01-01T00:00:02.000Z', saved: '1970-01-01T00:00:04.000Z' },
    });
    expect(JSON.parse(JSON.stringify(sidecar))).toEqual(sidecar);
  });

  it('are written whole', async () => {
    const folder = await mkdtemp(join(tmpdir(), 'shotlist-report-'));
    const receipt = receiptOf('autumn', [studio], [submission]);
    await writeReceipt(join(folder, 'new', 'receipt.json'), receipt);
    const written = await readFile(join(folder, 'new', 'receipt.json'), 'utf8');
    expect(JSON.parse(written)).toEqual(receipt);
    const line = {
      path: 'portraits/linen.png',
      key: shot.key,
      step: shot.step,
      sha256: 'a',
      bytes: 10,
      mime: 'image/png',
      width: 4,
      height: 5,
      account: 'studio',
      model: 'large',
      prompt: 'two\nlines',
      price: '25',
      unit: 'credits',
      jobId: 'job-1',
    };
    await writeManifest(join(folder, 'manifest.jsonl'), [line, line]);
    const lines = (await readFile(join(folder, 'manifest.jsonl'), 'utf8')).trimEnd().split('\n');
    expect(lines.map((each) => JSON.parse(each) as unknown)).toEqual([line, line]);
    await rm(folder, { recursive: true });
  });
});
