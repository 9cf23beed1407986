import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { afterEach, describe, expect, it } from 'vitest';

const script = join(import.meta.dirname, 'wait-until-interrupted.ts');
let child: ChildProcess | undefined;
afterEach(() => void child?.kill('SIGKILL'));

/** A process with so many paid requests on their way. */
function start(requests: number) {
  const started = spawn(process.execPath, [script, String(requests)], { stdio: 'pipe' });
  child = started;
  const written = { out: '', err: '' };
  started.stdout.setEncoding('utf8').on('data', (text: string) => (written.out += text));
  started.stderr.setEncoding('utf8').on('data', (text: string) => (written.err += text));
  const ended = once(started, 'exit') as Promise<[number | null, string | null]>;
  const says = (text: string) => expect.poll(() => written.out + written.err).toContain(text);
  return { process: started, written, ended, says };
}

describe('a process that is interrupted', () => {
  it.each(['SIGINT', 'SIGTERM', 'SIGHUP'] as const)('hears %s and goes on', async (signal) => {
    const { process: started, says } = start(0);
    await says('waits');
    started.kill(signal);
    await says('heard');
    expect(started.exitCode).toBeNull();
  });

  it.each([
    ['SIGINT', 130],
    ['SIGTERM', 143],
  ] as const)('ends at the second %s when nothing is on its way', async (signal, code) => {
    const { process: started, ended, says } = start(0);
    await says('waits');
    started.kill(signal);
    await says('heard');
    started.kill(signal);
    expect(await ended).toEqual([code, null]);
  });

  it('says what it waits for, ends not at the second and at the third Ctrl-C', async () => {
    const { process: started, ended, says, written } = start(3);
    await says('waits');
    started.kill('SIGINT');
    await says('waiting for 3 answers, at most 62 s\n');
    expect(written.err).not.toContain('still');
    started.kill('SIGINT');
    await says(
      'still waiting for 3 answers, at most 62 s: they may be paid for. Another Ctrl-C ends',
    );
    expect(started.exitCode).toBeNull();
    started.kill('SIGINT');
    expect(await ended).toEqual([130, null]);
  });

  it('ends at the second Ctrl-C once the answers are there', async () => {
    const { process: started, ended, says } = start(1);
    await says('waits');
    started.kill('SIGINT');
    await says('waiting for 1 answer, at most 62 s\n');
    started.stdin.write('answered\n');
    // One signal may come before the answer is read: it is not the end.
    const isEnded = ended.then(() => true);
    while (!(await Promise.race([isEnded, new Promise((resolve) => setTimeout(resolve, 50))])))
      started.kill('SIGINT');
    expect(await ended).toEqual([130, null]);
  });

  it('takes a closed terminal that tells it twice for one signal', async () => {
    const { process: started, says, written } = start(2);
    await says('waits');
    started.kill('SIGHUP');
    await says('waiting for 2 answers');
    started.kill('SIGHUP');
    started.kill('SIGINT');
    started.kill('SIGHUP');
    await new Promise((resolve) => setTimeout(resolve, 100));
    expect(started.exitCode).toBeNull();
    expect(written.err.match(/waiting/g)).toHaveLength(1);
  });

  it('goes on when nobody reads any more what it says', async () => {
    const { process: started, says, ended } = start(1);
    await says('waits');
    started.stdout.destroy();
    started.stderr.destroy();
    started.kill('SIGINT');
    started.kill('SIGHUP');
    await new Promise((resolve) => setTimeout(resolve, 200));
    expect(started.exitCode).toBeNull();
    started.kill('SIGKILL');
    expect(await ended).toEqual([null, 'SIGKILL']);
  });
});
