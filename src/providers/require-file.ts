import { fileProblem } from '../batch/checks/file-rules.ts';
import type { FileRules } from '../batch/model-spec.ts';
import { UserError } from '../errors.ts';
import type { FileToUpload } from './port.ts';

/**
 * The last look at a file before it is sent: a link's file, or one that another step made, is known only now.
 * @throws UserError where the vendor would refuse it
 */
export function requireFile(rules: FileRules, file: FileToUpload, vendor: string): void {
  const problem = fileProblem(rules, file, vendor);
  if (problem) throw new UserError(problem.message, { next: [problem.hint] });
}
