import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { onTestFinished } from 'vitest';
import type { JsonObject } from '../../../src/json.ts';
import type { FileToUpload, Provider } from '../../../src/providers/port.ts';
import { productai } from '../../../src/providers/productai/index.ts';
import { json, serve, type Received } from '../../http/server.ts';

const notFound = { error: { code: 'not_found', message: 'not found' } };

/** The provider before a server that answers by `METHOD /path?query`. */
export async function against(
  answers: Readonly<Record<string, unknown>>,
  settings: JsonObject = {},
): Promise<{ provider: Provider; received: Received[] }> {
  const { url, received } = await serve(({ method, url: path }, response) => {
    const answer = answers[`${method} ${path}`];
    json(response, answer === undefined ? 404 : 200, answer ?? notFound);
  });
  return { provider: connect(`${url}/`, settings), received };
}

export function connect(baseUrl: string, settings: JsonObject = {}): Provider {
  return productai.connect({ baseUrl, apiKey: 'k-secret', settings });
}

export async function fileOf(facts: Partial<FileToUpload> = {}): Promise<FileToUpload> {
  const folder = await mkdtemp(join(tmpdir(), 'shotlist-'));
  onTestFinished(() => rm(folder, { recursive: true }));
  const path = join(folder, 'shoe.jpg');
  await writeFile(path, 'image');
  const own = { sha256: 'x', mime: 'image/jpeg', bytes: 7, name: 'shoe.jpg', path };
  return { ...own, trainedModel: undefined, ...facts };
}
