import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it, onTestFinished } from 'vitest';
import { catalogueOf } from '../../src/accounts/catalogue.ts';
import { loadConfig } from '../../src/config/config.ts';
import type { Environment } from '../../src/config/environment.ts';
import { missingAccess } from '../../src/hosting/open-host.ts';

function configOf(host: string, environment: Environment = {}) {
  const home = mkdtempSync(join(tmpdir(), 'shotlist-hosting-'));
  onTestFinished(() => rmSync(home, { recursive: true, force: true }));
  writeFileSync(
    join(home, 'shotlist.yaml'),
    `accounts:\n  photogpt:\n    referenceHost: ${host}\n  shop: { provider: wonda, key: SHOP_KEY }\n`,
  );
  return loadConfig(environment, home);
}
const photogptOf = (...given: Parameters<typeof configOf>) => {
  const account = configOf(...given).accounts.get('photogpt');
  if (!account) throw new Error('no account');
  return account;
};

describe('referenceHost', () => {
  it('names a bucket, with what is usual where nothing is said', () => {
    expect(photogptOf('{ s3: s3://my-bucket }').referenceHost).toEqual({
      kind: 's3',
      bucket: 'my-bucket',
      prefix: '',
      endpoint: undefined,
      region: 'us-east-1',
      forcePathStyle: false,
      expiresMs: 24 * 3_600_000,
      credentials: undefined,
    });
  });

  it('takes a prefix, a server, and access from the environment', () => {
    const written =
      '{ s3: s3://my-bucket/refs/spring/, endpoint: "https://s3.test", forcePathStyle: true, expires: 7d }';
    const environment = {
      AWS_ACCESS_KEY_ID: 'id',
      AWS_SECRET_ACCESS_KEY: 'secret',
      AWS_SESSION_TOKEN: 'token',
      AWS_REGION: 'eu-west-1',
    };
    expect(photogptOf(written, environment).referenceHost).toMatchObject({
      prefix: 'refs/spring/',
      endpoint: 'https://s3.test',
      region: 'eu-west-1',
      forcePathStyle: true,
      expiresMs: 7 * 24 * 3_600_000,
      credentials: { accessKeyId: 'id', secretAccessKey: 'secret', sessionToken: 'token' },
    });
  });

  it.each([
    ['{ s3: my-bucket }', 's3: write a bucket, such as s3://my-bucket/references'],
    ['{ s3: s3://my-bucket, expires: 8d }', 'expires: write a time from 1h to 7d, such as 24h'],
    ['{ s3: s3://my-bucket, expires: 0h }', 'expires: write a time from 1h to 7d, such as 24h'],
    ['{ s3: s3://my-bucket, endpoint: s3.test }', 'endpoint: Invalid URL'],
    ['{ s3: s3://my-bucket, acl: public }', 'referenceHost: Unrecognized key: "acl"'],
    ['nobody', 'referenceHost: there is no account nobody'],
    ['photogpt', 'PhotoGPT gives no public links to uploaded files'],
  ])('refuses %s, and names the setting', (host, message) => {
    expect(() => configOf(host)).toThrow(message);
    expect(() => configOf(host)).toThrow('shotlist.yaml: accounts.photogpt.referenceHost');
  });

  it('lets the account take local files, whether or not there is access yet', () => {
    const config = configOf('shop');
    expect(catalogueOf(config).get('photogpt')?.hostsFiles).toBe(true);
    expect(catalogueOf(config).get('shop')?.hostsFiles).toBe(false);
  });

  it('says before a run what is not set', () => {
    const missing = (...given: Parameters<typeof configOf>) => {
      const config = configOf(...given);
      const account = config.accounts.get('photogpt');
      return account && missingAccess(account, config);
    };
    expect(missing('shop')?.why).toContain('SHOP_KEY is not set');
    expect(missing('shop', { SHOP_KEY: 'key' })).toBeUndefined();
    expect(missing('{ s3: s3://my-bucket }')?.why).toContain('AWS_ACCESS_KEY_ID');
  });
});
