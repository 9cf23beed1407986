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
  const planOf = async (contents: string): Promise<string> => {
    desk.write('pots.yaml', contents);
    return (await desk.run(['plan', 'pots.yaml'], key)).stdout;
  };
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

  it('shows the standing budget of the account, and whether the plan fits', async () => {
    desk.write('shotlist.yaml', 'accounts: { photogpt: { budget: 15 credits per day } }\n');
    const one = await planOf(batchOf('pots'));
    expect(one).toContain('TOTAL     10 credits at photogpt (assumed)\n');
    expect(one).toContain(
      'BUDGET    photogpt: 15 credits per day, 0 credits used by all batches\n',
    );
    desk.write('shotlist.yaml', 'accounts: { photogpt: { budget: 5 credits per day } }\n');
    const two = await planOf(batchOf('pots'));
    expect(two).toContain('0 credits used by all batches: the rest would stop (exit 4)\n');
    desk.write('shotlist.yaml', '{}\n');
  });

  it('says how many prices are unknown, and what is known of the others', async () => {
    const upscale = '  large: { from: draw, model: "photogpt:upscale" }\n';
    const total =
      '10 credits at photogpt (assumed) for 1 request, and 1 request with an unknown price';
    expect(await planOf(batchOf('pots') + upscale)).toContain(`TOTAL     ${total}, no cap`);
    const capped = await planOf(batchOf('pots', 'budget: { photogpt: 90 credits }\n') + upscale);
    expect(capped).toContain(`TOTAL     ${total} of a budget of 90 credits\n`);
    expect(capped).toContain('UNKNOWN   photogpt has a budget, under which no unknown price fits');
  });
});
