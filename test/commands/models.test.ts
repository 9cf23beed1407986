import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { openDesk } from './desk.ts';

const withKey = { WONDA_API_KEY: 'demo' };

interface Model {
  readonly id: string;
  readonly price: { amount: string | null; unit: string; basis: string };
  readonly priceByResolution: Readonly<Record<string, unknown>>;
}
interface Listed {
  readonly accounts: readonly {
    readonly account: string;
    readonly learnedAt: string | null;
    readonly models: readonly Model[];
  }[];
}

describe('shotlist models', () => {
  let desk: Awaited<ReturnType<typeof openDesk>>;
  beforeEach(async () => {
    desk = await openDesk();
  });
  afterEach(() => desk.close());

  const wondaOf = async (environment?: Record<string, string>) => {
    const [listed] = (await desk.json<Listed>(['models', 'wonda'], environment)).accounts;
    if (!listed) throw new Error('wonda is not listed');
    const model = (id: string) => listed.models.find((each) => each.id === id);
    return { ...listed, model };
  };

  it('lists every account without a key, and leaves no trace', async () => {
    const { code, stdout } = await desk.run(['models']);
    expect(code).toBe(0);
    expect(stdout).toMatch(/^photogpt: PhotoGPT, in credits$/m);
    expect(stdout).toMatch(/^nanobanana-pro +image +0 to 14 +10 \(assumed\)$/m);
    expect(stdout).toMatch(/^nano-banana-2 +image +0 to 14 +unknown$/m);
    expect(existsSync(join(desk.folder, '.shotlist'))).toBe(false);
  });

  it('shows everything about one model, by either way of naming it', async () => {
    const { stdout } = await desk.run(['models', 'photogpt', 'nanobanana-pro']);
    expect(stdout).toMatch(/^photogpt:nanobanana-pro$/m);
    expect(stdout).toMatch(/^references +0 to 14 image, as link or own$/m);
    expect(stdout).toMatch(/^resolution +1K, 2K, 4K +1K$/m);
    expect(stdout).toMatch(/^options\.sequentialMode +disabled, sequential +-$/m);
    expect(stdout).toMatch(/^note: /m);
    expect((await desk.run(['models', 'photogpt:nanobanana-pro'])).stdout).toBe(stdout);
  });

  it('prices by resolution where shotlist.yaml does', async () => {
    desk.write(
      'shotlist.yaml',
      'accounts: { photogpt: { prices: { nanobanana-pro: { 1K: 10, 2K: 12.5 } } } }',
    );
    const { stdout } = await desk.run(['models', 'photogpt']);
    expect(stdout).toMatch(/^nanobanana-pro .* 10 at 1K, 12.5 at 2K, \? at 4K \(assumed\)$/m);
  });

  it('asks a vendor for its live models and prices once, and again with --refresh', async () => {
    const before = await wondaOf();
    expect(before.learnedAt).toBeNull();
    expect(before.model('lumen-image-1')).toBeUndefined();
    expect(before.model('nano-banana-2')?.price).toEqual({
      amount: null,
      unit: 'usd',
      basis: 'unknown',
    });
    const first = await desk.run(['models', 'wonda'], withKey);
    expect(first.stderr).toMatch(/asking wonda for \d+ prices/);
    expect(first.stdout).toMatch(/^wonda: Wonda, in usd; reported \d+ s ago$/m);
    const after = await wondaOf();
    expect(after.learnedAt).not.toBeNull();
    expect(after.model('lumen-image-1')?.price.basis).toBe('quoted');
    expect(after.model('nano-banana-2')?.priceByResolution).toMatchObject({
      '1K': { amount: '0.04', basis: 'quoted' },
      '4K': { amount: '0.08', basis: 'quoted' },
    });
    expect((await desk.run(['models', 'wonda'], withKey)).stderr).toBe('');
    const again = await desk.run(['models', 'wonda', '--refresh'], withKey);
    expect(again.stderr).toMatch(/asking wonda for \d+ prices/);
  });

  it('goes by what was told before when the vendor is down, and says so', async () => {
    await desk.run(['models', 'wonda'], withKey);
    await desk.closeSimulator();
    const { code, stderr } = await desk.run(['models', 'wonda', '--refresh'], withKey);
    expect(code).toBe(0);
    expect(stderr).toContain('its last report is used');
    expect((await wondaOf()).model('lumen-image-1')).toBeDefined();
  });

  it('says that it cannot refresh without a key', async () => {
    const { stderr } = await desk.run(['models', 'wonda', '--refresh']);
    expect(stderr).toBe('wonda is not asked: WONDA_API_KEY is not set\n');
  });

  it('suggests the account or the model that was meant', async () => {
    const account = await desk.run(['models', 'photogtp']);
    expect(account).toMatchObject({ code: 2 });
    expect(account.stderr).toContain('did you mean photogpt?');
    const model = await desk.run(['models', 'photogpt:nanobanana-por']);
    expect(model).toMatchObject({ code: 2 });
    expect(model.stderr).toContain('did you mean nanobanana-pro?');
  });
});
