import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { parse, stringify } from 'yaml';
import { batchFile, type Crew } from './crew.ts';
import type { Change } from './draw-incidents.ts';

/** What an account of PhotoGPT is called after it was renamed. */
export const renamed = 'studio';

/**
 * The run is told to end, the settings are changed, and it is started again; a worker of its own goes on with
 * those that it was started with. Whoever is refused for it takes the change back.
 */
export async function changeSettings(crew: Crew, change: Change): Promise<boolean> {
  const { stage, run } = crew;
  if (!run?.isRunning) return false;
  await crew.end(run, 'SIGTERM');
  const read = (name: string): string => readFileSync(join(stage.folder, name), 'utf8');
  const { accounts } = parse(read('shotlist.yaml')) as { accounts: Record<string, Account> };
  switch (change) {
    case 'limits':
      stage.configure(mapped(accounts, (account) => ({ ...account, limits: { inFlight: 2 } })));
      return true;
    case 'dialect': {
      const own = accounts['productai'] ?? {};
      const dialect = own.dialect === 'b' ? 'a' : 'b';
      stage.configure({ ...accounts, productai: { ...own, dialect } });
      return true;
    }
    case 'rename': {
      const { photogpt, ...others } = accounts;
      const batchAsItWas = read(batchFile);
      crew.undo = () => {
        stage.configure(accounts);
        writeFileSync(join(stage.folder, batchFile), batchAsItWas);
      };
      stage.configure({ ...others, [renamed]: { ...photogpt, provider: 'photogpt' } });
      writeFileSync(join(stage.folder, batchFile), stringify(renameIn(parse(batchAsItWas))));
      return true;
    }
    case 'renewed key':
    case 'key of another person':
      takeBackVariables(crew);
      for (const name of Object.keys(stage.environment))
        if (name.endsWith('_API_KEY'))
          crew.environment[name] =
            change === 'renewed key' ? `${stage.environment[name]}~2` : 'another-person';
      return true;
    default: {
      takeBackVariables(crew);
      for (const [name, value] of Object.entries(stage.environment))
        if (name.endsWith('_BASE_URL') && value !== undefined)
          crew.environment[name] =
            change === 'slash' ? `${value}/` : value.replace('//127.0.0.1', '//localhost');
      return true;
    }
  }
}

function takeBackVariables(crew: Crew): void {
  const before = { ...crew.environment };
  crew.undo = () => {
    crew.environment = before;
  };
}

interface Account {
  readonly dialect?: string;
}

function mapped<Value>(
  record: Readonly<Record<string, Value>>,
  change: (value: Value) => object,
): Record<string, object> {
  return Object.fromEntries(Object.entries(record).map(([name, value]) => [name, change(value)]));
}

/** The batch file with the account's new name wherever it names the account. */
function renameIn(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(renameIn);
  if (typeof value === 'string')
    return value === 'photogpt' ? renamed : value.replace(/^photogpt:/, `${renamed}:`);
  if (value === null || typeof value !== 'object') return value;
  return Object.fromEntries(
    Object.entries(value).map(([name, item]) => [
      name === 'photogpt' ? renamed : name,
      renameIn(item),
    ]),
  );
}
