import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';
import { fetch } from 'undici';

/**
 * The same requests as a script would send them: POST, poll, download, write, so many at once. Nothing is
 * remembered: killed, it has paid for images that nobody will fetch. Runs in a process of its own, to be measured.
 */
const [baseUrl = '', folder = '', shots = '0', atOnce = '1', pollMs = '200'] =
  process.argv.slice(2);

interface Answer {
  readonly result: {
    readonly jobId: string;
    readonly status: string;
    readonly images?: readonly { readonly url: string }[];
  };
}

let next = 0;
mkdirSync(folder, { recursive: true });
await Promise.all(Array.from({ length: Number(atOnce) }, lane));

async function lane(): Promise<void> {
  while (next < Number(shots)) {
    const number = next++;
    const body = JSON.stringify({ prompt: `plain, number ${number}`, modelID: 'nanobanana-pro' });
    const started = await call('/images/generation', { method: 'POST', body });
    writeFileSync(join(folder, `${number}.png`), await imageOf(started.result.jobId));
  }
}

async function imageOf(jobId: string): Promise<Uint8Array> {
  for (;;) {
    await wait(Number(pollMs));
    const { result } = await call(`/jobs/${jobId}`, {});
    const url = result.images?.[0]?.url;
    if (result.status === 'success' && url) return await (await fetch(url)).bytes();
    if (result.status === 'failed') throw new Error(`job ${jobId} failed`);
  }
}

async function call(path: string, init: { method?: string; body?: string }): Promise<Answer> {
  const headers = {
    authorization: 'Bearer demo',
    'api-version': '1',
    'content-type': 'application/json',
  };
  const answer = await fetch(`${baseUrl}${path}`, { ...init, headers });
  if (!answer.ok) throw new Error(`${path}: ${answer.status} ${await answer.text()}`);
  return (await answer.json()) as Answer;
}
