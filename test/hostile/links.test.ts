import { afterEach, describe, expect, it } from 'vitest';
import { accountHost } from '../../src/hosting/account-host.ts';
import type { Provider } from '../../src/providers/port.ts';
import { openStudio, type Studio } from '../activities/studio.ts';
import { serve } from '../http/server.ts';

let studio: Studio | undefined;
afterEach(async () => {
  await studio?.close();
  studio = undefined;
});

describe('a link of a batch that has to be downloaded', () => {
  it.each([
    ['refused', 403, 'no', 'answered 403'],
    ['gone', 404, 'no', 'answered 404'],
    ['a page', 200, '<!doctype html><p>sign in', 'neither image nor video'],
    ['nothing', 200, '', 'the answer is empty'],
  ])(
    'and is %s fails its shot, and says nothing about the account',
    async (_, status, body, why) => {
      const { url, received } = await serve((_request, response) =>
        response.writeHead(status).end(body),
      );
      studio = await openStudio();
      const input = await studio.startRun(`batch: one
models:
  anna: { train: { account: photogpt, id: m1 } }
steps:
  draw:
    model: anna
    prompt: a fox
    references: ${url}/secret.jpg?sig=private
    name: fox
`);
      await studio.runStep(input, 'draw');
      const [shot] = await Array.fromAsync(studio.ledger.reports.shots('one'));
      expect(shot?.state).toBe('failed');
      expect(shot?.why).toContain('the link cannot be used');
      expect(shot?.why).toContain(why);
      expect(shot?.why).not.toContain('private');
      expect(received.length).toBeGreaterThan(0);
      expect(JSON.stringify(received)).not.toContain('test-key');
      expect(studio.simulator.book.accepted).toHaveLength(0);
      expect(await studio.ledger.reports.status('one')).toMatchObject({ blocks: [], stops: [] });
    },
  );
});

describe('an upload that is answered with a link', () => {
  it.each(['file:///etc/passwd', 'javascript:alert(1)', 'data:image/png,x', 'x', '', null])(
    'to %j gave none',
    async (url) => {
      const uploaded = { remote: 'r', url, expiresAt: null, ready: true };
      const provider = { upload: () => Promise.resolve(uploaded) } as unknown as Provider;
      const host = accountHost({ key: 'k', name: 'acme', provider });
      const file = { sha256: '', mime: 'image/png', bytes: 1, name: 'a.png', path: '/a.png' };
      await expect(host.upload({ ...file, trainedModel: undefined })).rejects.toThrow(
        'acme gave no public link to the file',
      );
    },
  );
});
