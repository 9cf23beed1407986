import { tmpdir } from 'node:os';
import { describe, expect, it } from 'vitest';
import { requireKeys } from '../../../src/commands/engine/required-accounts.ts';
import { loadConfig } from '../../../src/config/config.ts';

describe('a batch whose shots are all being made for others', () => {
  const plan = { cost: new Map(), waitsAt: new Set(['photogpt']) };
  const require = (environment: Record<string, string>): void =>
    requireKeys({ config: loadConfig(environment, tmpdir()) }, plan);

  it('is not begun where nobody has the key to collect them', () => {
    expect(() => require({})).toThrow('the account photogpt has no key');
  });

  it('is begun with the key, and where a worker elsewhere may have it', () => {
    expect(() => require({ PHOTOGPT_API_KEY: 'a-key' })).not.toThrow();
    expect(() => require({ TEMPORAL_ADDRESS: 'temporal.example.test:7233' })).not.toThrow();
  });
});
