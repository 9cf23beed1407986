import { createInterface } from 'node:readline/promises';
import type { Environment } from './config/environment.ts';
import { UserError } from './errors.ts';
import { inert } from './plain-text.ts';

/** The user interface of a command: input, output and questions. */
export interface Terminal {
  readonly environment: Environment;
  /** The base of relative paths on the command line. */
  readonly folder: string;
  /** Whether a person reads standard error. */
  readonly isInteractive: boolean;
  /** Results, for scripts. */
  print(text: string): void;
  /** Progress, questions and advice. */
  say(text: string): void;
  /** Redraws the last lines of progress; only where `isInteractive`. */
  readonly screen: NodeJS.WriteStream;
  ask(question: string): Promise<string>;
  /** From now on, Ctrl-C, SIGTERM and SIGHUP are handled and no longer end the process at once. */
  interrupted(): Interrupt;
}

/** Pending requests. The process waits for their answers before it ends. */
interface Awaited {
  readonly count: number;
  /** Maximum time until the last one ends, in milliseconds. */
  readonly longestMs: number;
}

export interface Interrupt extends Disposable {
  /** Resolves at the first Ctrl-C or SIGTERM, and when the terminal is closed. */
  readonly promise: Promise<void>;
  readonly isHeard: boolean;
  /** With pending requests, a second Ctrl-C prints a notice and a third ends the process; else a second ends it. */
  waitFor(requests: Awaited): void;
}

export function processTerminal(): Terminal {
  surviveItsReader(process.stdout);
  surviveItsReader(process.stderr);
  const say = (text: string): void => void process.stderr.write(`${text}\n`);
  return {
    environment: process.env,
    folder: process.cwd(),
    isInteractive: process.stderr.isTTY && process.stdin.isTTY,
    print: (text) => void process.stdout.write(`${text}\n`),
    say,
    screen: process.stderr,
    async ask(question) {
      const lines = createInterface({ input: process.stdin, output: process.stderr });
      try {
        return (await lines.question(`${question} `)).trim();
      } catch (error) {
        // Ctrl-C or Ctrl-D also counts as an answer, and leaves its line open.
        if (!(error instanceof Error && error.name === 'AbortError')) throw error;
        say('');
        throw new UserError('the question was not answered; nothing more was done', {
          exitCode: 4,
        });
      } finally {
        lines.close();
      }
    },
    interrupted: () => interrupted(say),
  };
}

/**
 * Makes all output inert. Names, prompts and vendors' texts are untrusted: they must not move the cursor,
 * set colours or reverse the line.
 */
export function withInertText(terminal: Terminal): Terminal {
  return {
    ...terminal,
    print: (text) => terminal.print(inert(text)),
    say: (text) => terminal.say(inert(text)),
    ask: (question) => terminal.ask(inert(question)),
  };
}

const exitCodes = { SIGINT: 130, SIGTERM: 143 } as const;

/** A closed terminal may send SIGHUP twice, by kernel and shell, so SIGHUP does not count as a repeated Ctrl-C. */
function interrupted(say: (text: string) => void): Interrupt {
  const { promise, resolve } = Promise.withResolvers<void>();
  let requests: Awaited = { count: 0, longestMs: 0 };
  let isHeard = false;
  let asked = 0;
  const hear = (): void => {
    if (!isHeard && requests.count > 0) say(`waiting for ${answersIn(requests)}`);
    isHeard = true;
    resolve();
  };
  const onSignal = (signal: keyof typeof exitCodes): void => {
    asked += 1;
    if (asked === 1) return hear();
    if (asked > 2 || requests.count === 0) process.exit(exitCodes[signal]);
    say(
      `still waiting for ${answersIn(requests)}: they may be paid for. Another Ctrl-C ends at once`,
    );
  };
  process.on('SIGINT', onSignal).on('SIGTERM', onSignal).on('SIGHUP', hear);
  return {
    promise,
    get isHeard() {
      return isHeard;
    },
    waitFor: (given) => void (requests = given),
    [Symbol.dispose]: () => {
      process.off('SIGINT', onSignal).off('SIGTERM', onSignal).off('SIGHUP', hear);
    },
  };
}

function answersIn({ count, longestMs }: Awaited): string {
  return `${count} answer${count === 1 ? '' : 's'}, at most ${Math.ceil(longestMs / 1_000)} s`;
}

const goneCodes: ReadonlySet<unknown> = new Set(['EPIPE', 'EIO', 'ERR_STREAM_DESTROYED']);

/** Ignores errors of a stream without a reader: the remaining output is lost, and the work goes on. */
function surviveItsReader(stream: NodeJS.WriteStream): void {
  if (stream.listeners('error').includes(onStreamError)) return;
  stream.on('error', onStreamError);
}

function onStreamError(error: NodeJS.ErrnoException): void {
  if (!goneCodes.has(error.code)) throw error;
}
