import { Command } from 'commander';
import { messageOf, UserError } from '../errors.ts';
import { describeSimulator, startSimulator } from '../simulator/index.ts';
import type { Terminal } from '../terminal.ts';

interface SimulateOptions {
  host: string;
  port: string;
  publicUrl?: string;
  seed?: string;
  jobMs?: string;
  trainingMs?: string;
  bookFile?: string;
}

export function simulateCommand(terminal: Terminal): Command {
  return new Command('simulate')
    .description('serve the vendors on this machine: strict, asynchronous, real images, no money')
    .option('--host <host>', 'address to listen at', '127.0.0.1')
    .option('--port <port>', 'port to listen at; 0 takes a free one', '7411')
    .option('--public-url <url>', 'URL of the simulator in its answers')
    .option('--seed <text>', 'seed of jitter, failing jobs and faults')
    .option('--job-ms <ms>', 'time that an image takes')
    .option('--training-ms <ms>', 'time that a training takes')
    .option('--book-file <path>', 'append accepted requests to this JSON Lines file')
    .addHelpText('after', '\nExample:\n  shotlist simulate --port 7411 --job-ms 500')
    .action(async (options: SimulateOptions) => {
      using interrupt = terminal.interrupted();
      const simulator = await startSimulator({
        host: options.host,
        port: wholeNumber('--port', options.port),
        ...(options.publicUrl && { publicUrl: options.publicUrl }),
        ...(options.seed && { seed: options.seed }),
        ...(options.jobMs && { jobMs: wholeNumber('--job-ms', options.jobMs) }),
        ...(options.trainingMs && { trainingMs: wholeNumber('--training-ms', options.trainingMs) }),
        ...(options.bookFile && { bookFile: options.bookFile }),
      }).catch((error: unknown) => {
        throw new UserError(messageOf(error), {
          exitCode: 1,
          next: ['choose another port: shotlist simulate --port 7412'],
        });
      });
      for (const line of describeSimulator(simulator)) terminal.print(line);
      await interrupt.promise;
      await simulator.close();
    });
}

function wholeNumber(option: string, text: string): number {
  const number = Number(text);
  if (!Number.isSafeInteger(number) || number < 0)
    throw new UserError(`${option} takes a whole number, not ${text}`);
  return number;
}
