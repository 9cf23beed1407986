import type { z } from 'zod';
import { accountsSchema } from './accounts.ts';
import { doctorSchema } from './doctor.ts';
import { errorSchema, mistakesSchema, validateSchema } from './errors.ts';
import { backupSchema, gapsSchema, restoreSchema } from './ledger-file.ts';
import { modelsSchema } from './models.ts';
import { planSchema, shownShotSchema } from './plan.ts';
import { presetsSchema } from './presets.ts';
import { receiptSchema } from './receipt.ts';
import { lookSchema, resolveSchema } from './resolve.ts';
import { statusSchema } from './status.ts';
import { budgetSchema, collectSchema, steerSchema } from './steering.ts';
import { deletedSchema, trainedSchema, uploadsSchema } from './vendor-things.ts';

/** A JSON document that commands print. docs/reference/json.md has a section for each. */
export interface JsonDocument {
  /** What it says, and what is special about it. */
  readonly about: string;
  readonly schema: z.ZodType;
}

/** What commands print with `--json` when they do their work. */
export interface CommandDocument extends JsonDocument {
  readonly commands: readonly string[];
  /** Printed in place of the command's other document when one of these options is given. */
  readonly options?: readonly string[];
}

/** What any command prints in place of its own document when it fails. */
export interface ErrorDocument extends JsonDocument {
  readonly title: string;
}

/** In the order of the help. */
export const commandDocuments: readonly CommandDocument[] = [
  {
    commands: ['validate'],
    about:
      'Every file is valid. If one is not, [a list of the mistakes](#mistakes-in-a-batch-file) of all files comes in place of this.',
    schema: validateSchema,
  },
  {
    commands: ['plan'],
    about: 'What a run would do and cost.',
    schema: planSchema,
  },
  {
    commands: ['plan'],
    options: ['--show'],
    about:
      'One shot with its request. It is printed without `--json`, too, and over several lines.',
    schema: shownShotSchema,
  },
  {
    commands: ['run', 'watch', 'status'],
    about: 'How a batch stands. `run` and `watch` print it when they end.',
    schema: statusSchema,
  },
  {
    commands: ['pause', 'resume', 'cancel'],
    about: 'The new state of a batch.',
    schema: steerSchema,
  },
  {
    commands: ['resolve'],
    about:
      'Decisions that were made. Without a decision in the options, it is an error while anything is parked; `resolved` is empty when nothing is.',
    schema: resolveSchema,
  },
  {
    commands: ['resolve'],
    options: ['--look'],
    about: 'The requests that wait for a decision. Nothing is changed.',
    schema: lookSchema,
  },
  {
    commands: ['budget'],
    about: 'The new cap of a batch at an account.',
    schema: budgetSchema,
  },
  {
    commands: ['collect'],
    about:
      'The work that could not be collected so far. The exit code is 4, too, when a file could not be written; `unwritten` counts them.',
    schema: collectSchema,
  },
  {
    commands: ['receipt'],
    about:
      'What a batch cost, by account and by request. `receipt.json` beside the files has the same shape.',
    schema: receiptSchema,
  },
  {
    commands: ['accounts'],
    about: 'Keys, balances, limits and spending of the accounts.',
    schema: accountsSchema,
  },
  {
    commands: ['models'],
    about: 'The models of the accounts, with all that the catalogue knows of them.',
    schema: modelsSchema,
  },
  {
    commands: ['presets'],
    about: 'The presets that an account has at its vendor.',
    schema: presetsSchema,
  },
  {
    commands: ['uploads'],
    about: 'The files that an account holds at its vendor.',
    schema: uploadsSchema,
  },
  {
    commands: ['trained'],
    about: 'The models that an account has trained at its vendor.',
    schema: trainedSchema,
  },
  {
    commands: ['uploads', 'trained'],
    options: ['--delete', '--delete-all'],
    about: 'What was deleted at the vendor.',
    schema: deletedSchema,
  },
  {
    commands: ['backup'],
    about: 'What a backup holds.',
    schema: backupSchema,
  },
  {
    commands: ['restore'],
    about: 'The contents of the restored ledger, and the result for the present files.',
    schema: restoreSchema,
  },
  {
    commands: ['gaps'],
    about: 'Times in which requests may have been sent that the ledger does not know.',
    schema: gapsSchema,
  },
  {
    commands: ['doctor'],
    about: 'What is configured, reachable and missing.',
    schema: doctorSchema,
  },
];

export const errorDocuments: readonly ErrorDocument[] = [
  {
    title: 'An error',
    about:
      'Any command prints this in place of its document when it cannot do its work. The exit code is not 0.',
    schema: errorSchema,
  },
  {
    title: 'Mistakes in a batch file',
    about:
      '`validate`, `plan` and `run` print this when the batch file has mistakes. The exit code is 2.',
    schema: mistakesSchema,
  },
];
