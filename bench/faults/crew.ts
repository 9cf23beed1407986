import type { Command, Stage } from '../stage.ts';
import type { Clock } from './clock.ts';
import type { Scenario } from './scenario.ts';

export const batch = 'campaign';
export const batchFile = `${batch}.yaml`;

/** A signal that a process was to end by, with its work recorded. */
export interface Ending {
  readonly signal: string;
  /** It was not given the time to end its work. */
  readonly twice: boolean;
  /** Epoch milliseconds. */
  readonly at: number;
  /** Infinity: it did not end by itself. */
  endedAt: number;
  /** Whether the process sends paid requests, and was not killed with -9 while it ended. */
  isOfSender: boolean;
}

/** The processes of one run, as what befalls them sees them. */
export interface Crew {
  readonly program: string;
  readonly stage: Stage;
  readonly scenario: Scenario;
  readonly clock: Clock;
  readonly run: Command | undefined;
  readonly worker: Command | undefined;
  readonly endings: Ending[];
  /** Processes that died by -9. */
  kills: number;
  /** Variables that a change of settings has set, for processes that start from now on. */
  environment: Record<string, string>;
  /** Takes back a change that a command may refuse. */
  undo: (() => void) | undefined;
  /** @returns whether it ran */
  killNow(command: Command | undefined): Promise<boolean>;
  /** Tells a process to end, once or twice, and waits until it has. */
  end(command: Command, signal: NodeJS.Signals, twice?: boolean): Promise<void>;
  /** A command of the person's, beside what runs. @returns its exit code */
  say(...words: string[]): Promise<number | null>;
  count(what: string): void;
}
