import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { openDesk } from './desk.ts';

describe('shotlist presets', () => {
  let desk: Awaited<ReturnType<typeof openDesk>>;
  beforeEach(async () => {
    desk = await openDesk();
  });
  afterEach(() => desk.close());

  it('lists the presets that the options of a model take', async () => {
    const photogpt = await desk.run(['presets', 'photogpt'], { PHOTOGPT_API_KEY: 'demo' });
    expect(photogpt.code).toBe(0);
    expect(photogpt.stdout).toMatch(/^id +name\n/);
    expect(photogpt.stdout).toMatch(/^noir /m);
    const { presets, unreadable } = await desk.json<{
      presets: { id: string }[];
      unreadable: number;
    }>(['presets', 'productai'], { PRODUCTAI_API_KEY: 'demo' });
    expect([presets.length > 0, unreadable]).toEqual([true, 0]);
    for (const { id } of presets) expect(id).toMatch(/^preset_/);
  });

  it('says where a vendor has none, and which key is missing', async () => {
    const none = await desk.run(['presets', 'wonda'], { WONDA_API_KEY: 'demo' });
    expect([none.code, none.stderr]).toEqual([
      2,
      expect.stringContaining('Wonda has no call that lists presets'),
    ]);
    const keyless = await desk.run(['presets', 'photogpt']);
    expect([keyless.code, keyless.stderr]).toEqual([
      2,
      expect.stringContaining('PHOTOGPT_API_KEY'),
    ]);
  });
});
