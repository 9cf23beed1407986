import { PassThrough } from 'node:stream';
import { finished } from 'node:stream/promises';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { BuildProgress } from '../../src/temporal/build-progress.ts';

/** As Go 1.26 writes them to standard error. */
const fetching = [
  'go: downloading github.com/temporalio/cli v1.8.2',
  'go: downloading cel.dev/expr v0.25.1',
];
const compiling = ['internal/goarch', 'k8s.io/api/core/v1', 'gopkg.in/yaml.v3', 'go.uber.org/fx'];

beforeEach(() => void vi.useFakeTimers({ toFake: ['performance'] }));

afterEach(() => void vi.useRealTimers());

function after(...lines: string[]): BuildProgress {
  const progress = new BuildProgress();
  progress.packagesMax = 1_280;
  for (const line of lines) progress.read(line);
  return progress;
}

describe('BuildProgress', () => {
  it('says which module is fetched', () => {
    expect(after().toText()).toBe('building the Temporal server: reading its sources (0:00)');
    expect(after(...fetching).toText()).toBe(
      'building the Temporal server: fetching module 2, cel.dev/expr v0.25.1 (0:00)',
    );
  });

  it('counts the packages compiled so far, and does not say when the build will end', () => {
    const progress = after(...fetching, ...compiling);
    vi.advanceTimersByTime(605_000);
    expect(progress.toText()).toBe(
      'building the Temporal server: 4 of at most 1,280 packages compiled (10:05)',
    );
  });

  it('keeps the error, whatever progress follows it', () => {
    expect(after(...fetching, ...compiling).complaint).toBeUndefined();
    const refused = 'go: cel.dev/expr@v0.25.1: Get "https://proxy.golang.org/": connection refused';
    expect(after(refused, ...fetching, '').complaint).toBe(refused);
    const broken = ['# go.uber.org/fx', 'app.go:7:2: undefined: dig'];
    expect(after(...broken, ...compiling).complaint).toBe('app.go:7:2: undefined: dig');
  });

  it('reads lines that arrive in pieces', async () => {
    const progress = after();
    const stream = new PassThrough();
    progress.follow(stream);
    stream.write(`${fetching.join('\n')}\ninternal/go`);
    stream.end('arch\nunsafe/x');
    await finished(stream);
    expect(progress.toText()).toContain('2 of at most 1,280 packages compiled');
  });
});
