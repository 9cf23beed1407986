import { fileProblem } from '../batch/checks/file-rules.ts';
import type { FileRules } from '../batch/model-spec.ts';
import { UserError } from '../errors.ts';
import type { FileToUpload } from './port.ts';

/**
 * Checks a file directly before upload: files from links or from other steps are known only now.
 * @throws UserError if the vendor would refuse it
 */
export function requireFile(rules: FileRules, file: FileToUpload, vendor: string): void {
  const problem = fileProblem(rules, file, vendor);
  if (problem) throw new UserError(problem.message, { next: [problem.hint] });
}
