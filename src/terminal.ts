import { createInterface } from 'node:readline/promises';
import type { Environment } from './config.ts';
import { inert } from './plain-text.ts';

/** The person's side of a command: where it reads, prints and asks. */
export interface Terminal {
  readonly environment: Environment;
  /** Paths on the command line are relative to it. */
  readonly folder: string;
  /** A person watches standard error. */
  readonly isInteractive: boolean;
  /** Results: what a script would read. */
  print(text: string): void;
  /** Progress, questions and advice. */
  say(text: string): void;
  /** Redraws the last lines of progress; only where `isInteractive`. */
  readonly screen: NodeJS.WriteStream;
  ask(question: string): Promise<string>;
  /** Resolves at the first Ctrl-C or TERM; a second one ends the process. */
  interrupted(): { readonly promise: Promise<void>; release(): void };
}

export function processTerminal(): Terminal {
  return {
    environment: process.env,
    folder: process.cwd(),
    isInteractive: process.stderr.isTTY && process.stdin.isTTY,
    print: (text) => void process.stdout.write(`${text}\n`),
    say: (text) => void process.stderr.write(`${text}\n`),
    screen: process.stderr,
    async ask(question) {
      const lines = createInterface({ input: process.stdin, output: process.stderr });
      try {
        return (await lines.question(`${question} `)).trim();
      } finally {
        lines.close();
      }
    },
    interrupted,
  };
}

/**
 * Names, prompts and vendors' words come from anywhere: none of them moves the cursor, colours, or turns
 * the line around.
 */
export function withInertText(terminal: Terminal): Terminal {
  return {
    ...terminal,
    print: (text) => terminal.print(inert(text)),
    say: (text) => terminal.say(inert(text)),
    ask: (question) => terminal.ask(inert(question)),
  };
}

function interrupted(): { promise: Promise<void>; release(): void } {
  const { promise, resolve } = Promise.withResolvers<void>();
  let count = 0;
  const onSignal = () => {
    count += 1;
    if (count > 1) process.exit(130);
    resolve();
  };
  process.on('SIGINT', onSignal);
  process.on('SIGTERM', onSignal);
  return {
    promise,
    release() {
      process.off('SIGINT', onSignal);
      process.off('SIGTERM', onSignal);
    },
  };
}
