import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { openDesk } from './desk.ts';

const key = { PHOTOGPT_API_KEY: 'demo' };
const batchOf = (name: string, more = ''): string => `\
batch: ${name}
${more}steps:
  draw: { model: "photogpt:nanobanana", prompt: "a pot", name: pot }
`;

describe('plan', () => {
  let desk: Awaited<ReturnType<typeof openDesk>>;
  beforeEach(async () => {
    desk = await openDesk();
  });
  afterEach(() => desk.close());
  const idOf = async (file: string): Promise<string> =>
    (await desk.json<{ plan: string }>(['plan', file], key)).plan;

  it('gives batches with equal contents ids of their own, by their name and by their file', async () => {
    desk.write('one.yaml', batchOf('one'));
    desk.write('two.yaml', batchOf('two'));
    desk.write('other.yaml', batchOf('one'));
    const ids = [await idOf('one.yaml'), await idOf('two.yaml'), await idOf('other.yaml')];
    expect(new Set(ids).size).toBe(3);
    expect(await idOf('one.yaml')).toBe(ids[0]);
  });
});
