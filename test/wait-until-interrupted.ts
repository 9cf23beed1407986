import { processTerminal } from '../src/terminal.ts';

/** Waits as a command does, with as many requests on their way as it is told; says what it hears. */
const terminal = processTerminal();
let count = Number(process.argv[2]);
const interrupt = terminal.interrupted();
interrupt.waitFor({
  get count() {
    return count;
  },
  longestMs: 61_500,
});
process.stdin.on('data', () => (count = 0));
void interrupt.promise.then(() => terminal.print('heard'));
terminal.print('waits');
setInterval(() => undefined, 1_000);
