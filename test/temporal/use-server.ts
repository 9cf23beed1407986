import { useEmbeddedServer } from '../../src/temporal/embedded.ts';

/**
 * A process that uses the embedded server: prints its address as soon as it has it, every progress
 * line and `lost`, and leaves when its standard input ends.
 */
const [stateDir = '', binary = '', serverVersion = ''] = process.argv.slice(2);
const say = (line: string) => process.stdout.write(`${line}\n`);

const server = await useEmbeddedServer({
  stateDir,
  server: { binary, serverVersion },
  onProgress: (line) => say(`progress ${line}`),
});
server.lost.addEventListener('abort', () => say('lost'));
say(`address ${server.address}`);

process.stdin.resume();
process.stdin.on('end', () => {
  void server.leave().then(() => process.exit(0));
});
