import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { parse } from 'yaml';
import { z } from 'zod';
import { environmentVariables } from '../src/config/environment.ts';

const serviceSchema = z.looseObject({
  image: z.string(),
  build: z.looseObject({ dockerfile_inline: z.string() }).optional(),
  environment: z.union([z.array(z.string()), z.record(z.string(), z.string())]).optional(),
  volumes: z.array(z.string()).optional(),
  configs: z.array(z.object({ source: z.string(), target: z.string() })).optional(),
  ports: z.array(z.string()).optional(),
  depends_on: z.record(z.string(), z.unknown()).optional(),
});
const fileSchema = z.looseObject({
  services: z.record(z.string(), serviceSchema),
  volumes: z.record(z.string(), z.unknown()),
  configs: z.record(z.string(), z.unknown()),
});

const text = readFileSync(new URL('../docker-compose.yml', import.meta.url), 'utf8');
const file = fileSchema.parse(parse(text, { merge: true }));
const services = Object.entries(file.services);
const manifest = JSON.parse(readFileSync(new URL('../package.json', import.meta.url), 'utf8'));

function variablesOf(service: z.infer<typeof serviceSchema>): string[] {
  const environment = service.environment ?? [];
  if (!Array.isArray(environment)) return Object.keys(environment);
  return environment.map((entry) => entry.split('=')[0] ?? '');
}

describe('docker-compose.yml', () => {
  it('pins every image to a version', () => {
    const bases = services.flatMap(([, { build }]) =>
      [...(build?.dockerfile_inline ?? '').matchAll(/^FROM (\S+)/gm)].map(([, image]) => image),
    );
    for (const image of [...services.map(([, service]) => service.image), ...bases]) {
      expect(image).toMatch(/^[\w/-]+:\d+\.\d+/);
    }
  });

  it('names our own image after the version of the package', () => {
    expect(file.services['worker']?.image).toBe(`shotlist:${manifest.version}`);
  });

  it('declares every volume, configuration and service that it uses', () => {
    const volumes = services.flatMap(([, service]) => service.volumes ?? []);
    const named = volumes
      .map((volume) => volume.split(':')[0])
      .filter((name) => /^\w/.test(name ?? ''));
    expect(Object.keys(file.volumes)).toEqual(expect.arrayContaining(named));
    const configs = services.flatMap(([, service]) => service.configs ?? []);
    expect(Object.keys(file.configs)).toEqual(configs.map(({ source }) => source));
    const needed = services.flatMap(([, service]) => Object.keys(service.depends_on ?? {}));
    expect(Object.keys(file.services)).toEqual(expect.arrayContaining(needed));
  });

  it('opens ports to this host only', () => {
    const ports = services.flatMap(([, service]) => service.ports ?? []);
    expect(ports.filter((port) => !port.startsWith('127.0.0.1:'))).toEqual([]);
  });

  it.each(['worker', 'simulator'])('sets for %s only variables that Shotlist reads', (name) => {
    const service = file.services[name];
    expect(service).toBeDefined();
    const known = environmentVariables.map((variable) => variable.name);
    expect(known).toEqual(expect.arrayContaining(service ? variablesOf(service) : []));
  });

  it('hands the key of every vendor to the worker', () => {
    const worker = file.services['worker'];
    const keys = environmentVariables
      .map((variable) => variable.name)
      .filter((name) => name.endsWith('_API_KEY'));
    expect(worker ? variablesOf(worker) : []).toEqual(expect.arrayContaining(keys));
  });
});
