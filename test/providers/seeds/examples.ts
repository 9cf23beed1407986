import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect } from 'vitest';
import type { FileToUpload, Provider, Vendor } from '../../../src/providers/port.ts';
import { startSimulator } from '../../../src/simulator/index.ts';
import { openDeadline } from '../requests.ts';
import type { Example, SeedTable } from './rows.ts';

const image = Buffer.from('\xff\xd8\xff\xe0a image', 'latin1');

/** Sends a table's examples as they stand in the documents, one after the other. */
export async function playExamples(
  table: SeedTable,
  vendor: Vendor,
  finished: (clean: () => Promise<void>) => void,
): Promise<void> {
  const time = { at: Date.UTC(2026, 0, 1) };
  const folder = mkdtempSync(join(tmpdir(), 'shotlist-'));
  const simulator = await startSimulator({
    port: 0,
    jitter: 0,
    images: 'small',
    clock: { now: () => time.at },
  });
  finished(async () => {
    rmSync(folder, { recursive: true });
    await simulator.close();
  });
  const baseUrl = simulator.baseUrls[table.vendor] ?? '';
  const pass = (): void => void (time.at += 60_000);
  const kept = new Map<string, string>();
  const provider = vendor.connect({ baseUrl, apiKey: table.apiKey, settings: {} });
  if (provider.train) kept.set('<MODEL_ID>', await trainedModel(provider, folder, pass));
  for (const example of table.examples) {
    if (example.afterJobs) pass();
    const url = `${baseUrl}${filled(example.path, kept)}`;
    const response = await fetch(url, requestOf(example, table, kept));
    const text = await response.text();
    expect(response.status, `${example.says}: ${text}`).toBe(example.status);
    for (const [path, placeholder] of Object.entries(example.answers)) {
      const value = valueAt(JSON.parse(text), path);
      expect(value, `${example.says}: ${path} in ${text}`).toBeDefined();
      if (placeholder !== undefined) kept.set(placeholder, String(value));
    }
  }
}

function requestOf(
  { method, json, form }: Example,
  { headers }: SeedTable,
  kept: ReadonlyMap<string, string>,
): RequestInit {
  if (form) {
    const body = new FormData();
    body.append('file', new Blob([new Uint8Array(image)]), 'reference.jpg');
    body.append('data', filled(JSON.stringify(form), kept));
    return { method, headers, body };
  }
  if (!json) return { method, headers };
  const body = filled(JSON.stringify(json), kept);
  return { method, headers: { ...headers, 'content-type': 'application/json' }, body };
}

/** Placeholders of the documents, such as `<MODEL_ID>`, become what earlier examples answered. */
function filled(text: string, kept: ReadonlyMap<string, string>): string {
  let result = text;
  for (const [placeholder, value] of kept) result = result.replaceAll(placeholder, value);
  return result;
}

function valueAt(answer: unknown, path: string): unknown {
  let value = answer;
  for (const name of path.split('.'))
    value = (value as Record<string, unknown> | undefined)?.[name];
  return value;
}

async function trainedModel(
  { train }: Provider,
  folder: string,
  pass: () => void,
): Promise<string> {
  if (!train) throw new Error('the vendor trains no models');
  const model = await train.create({ name: 'Ines', subject: { gender: 'Female', age: 30 } });
  for (let index = 0; index < 12; index += 1) {
    const path = join(folder, `${index}.jpg`);
    writeFileSync(path, Buffer.concat([image, Buffer.from([index])]));
    const sha256 = String(index);
    const file: FileToUpload = {
      sha256,
      mime: 'image/jpeg',
      bytes: image.length + 1,
      name: `${index}.jpg`,
      path,
      trainedModel: model,
    };
    await train.addImage(model, file);
  }
  await train.start(model, openDeadline);
  pass();
  await expect.poll(() => train.check(model)).toEqual({ phase: 'ready' });
  return model;
}
