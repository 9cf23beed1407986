import { chmodSync, existsSync } from 'node:fs';
import { delimiter, join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { openStage, type Stage, until } from './stage.ts';

const batchOf = (rows: string): string => `\
batch: accepted
steps:
  images:
    rows: [${rows}]
    model: photogpt:nanobanana-pro
    prompt: "{{ id }} in fresh snow"
    name: "{{ id }}"
  large:
    from: images
    model: photogpt:upscale
`;

describe('a plan that was accepted by its id', () => {
  let stage: Stage;
  let plan: string;
  beforeAll(async () => {
    stage = await openStage();
    await stage.startWorker();
    stage.write('shotlist.yaml', account);
    stage.write('accepted.yaml', batchOf('{ id: fox }, { id: hare }'));
  });
  afterAll(() => stage[Symbol.asyncDispose]());

  it('lists each shot with its status and price', async () => {
    const { value } = await stage.json<{ plan: string; entries: object[]; shots: object }>([
      'plan',
      'accepted.yaml',
      '--shots',
    ]);
    plan = value.plan;
    expect(value.shots).toMatchObject({ total: 4, new: 4 });
    expect(value.entries.map((entry) => ({ ...entry, fingerprint: 'sha' }))[0]).toEqual({
      key: 'images/fox',
      step: 'images',
      model: 'photogpt:nanobanana-pro',
      fingerprint: 'sha',
      status: 'new',
      why: 'never made',
      price: '10',
    });
    expect(value.entries.map((entry) => 'price' in entry && entry.price)).toEqual([
      '10',
      '10',
      null,
      null,
    ]);
  });

  it('shows one shot in full, its price in the unit of its account', async () => {
    const { stdout } = await stage.run(['plan', 'accepted.yaml', '--show', 'images/fox']);
    expect(JSON.parse(stdout)).toMatchObject({
      price: { amount: '10', unit: 'credits' },
    });
  });

  it('does not run when the batch has changed since, and says what differs', async () => {
    stage.write('accepted.yaml', batchOf('{ id: fox }, { id: lynx }, { id: owl }'));
    const { code, stderr } = await stage.run(['run', 'accepted.yaml', '--plan', plan]);
    expect(code).toBe(2);
    expect(stderr).toContain(`the plan is no longer ${plan}`);
    expect(stderr).toContain('added: images/lynx, images/owl, large/lynx, large/owl');
    expect(stderr).toContain('gone: images/hare, large/hare');
    expect(stage.simulator.book.accepted).toEqual([]);
    stage.write('accepted.yaml', batchOf('{ id: fox }, { id: hare }'));
  });

  it('runs without a question, and with what nobody knows the price of', async () => {
    const words = ['run', 'accepted.yaml', '--plan', plan];
    const refused = await stage.run(words);
    expect(refused.code).toBe(2);
    expect(refused.stderr).toContain('add --unknown-prices');
    const { code, stdout } = await stage.run([...words, '--unknown-prices']);
    expect(stdout).toContain('4 of 4 shots have their files');
    expect(code).toBe(0);
    expect(stage.simulator.book.accepted).toHaveLength(4);
  });

  it('counts what was used of its budget before', async () => {
    const capped = batchOf('{ id: fox }, { id: hare }, { id: owl }');
    stage.write('accepted.yaml', `budget: { photogpt: 25 credits }\n${capped}`);
    const { stdout } = await stage.run(['plan', 'accepted.yaml']);
    expect(stdout).toMatch(
      /TOTAL +1\d credits at photogpt .* of a budget of 25 credits, 20 credits of it used before: the rest would stop/,
    );
  });

  it('is opened in the browser when its images are there', async () => {
    const opener = process.platform === 'darwin' ? 'open' : 'xdg-open';
    stage.write(`bin/${opener}`, '#!/bin/sh\nprintf %s "$1" > opened.txt\n');
    chmodSync(join(stage.folder, 'bin', opener), 0o755);
    const { code, stdout } = await stage.run(['open', 'accepted'], {
      PATH: `${join(stage.folder, 'bin')}${delimiter}${process.env['PATH']}`,
    });
    const sheet = join(stage.folder, 'out', 'accepted', 'index.html');
    expect({ code, stdout }).toEqual({ code: 0, stdout: `${sheet}\n` });
    await until('the opener was called', () => existsSync(join(stage.folder, 'opened.txt')));
    expect(stage.read('opened.txt')).toBe(sheet);
  });
});

const account = `\
accounts:
  photogpt: { timeouts: { pollFirstMs: 100, pollMs: 200 } }
`;
