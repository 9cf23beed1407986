/** Maximum number of columns of a data file. More mean another file type or a wrong separator. */
export const columnsMax = 10_000;

export const tooManyColumns = (file: string): string =>
  `${file} has more than ${columnsMax} columns`;

/** Maximum nesting of lists and records, in a batch file and in a line of a JSONL file. */
export const depthMax = 64;
