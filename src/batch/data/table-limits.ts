/** Columns of a data file: one with more is of another kind, or was read with the wrong separator. */
export const columnsMax = 10_000;

export const tooManyColumns = (file: string): string =>
  `${file} has more than ${columnsMax} columns`;

/** Levels of lists and records, in a batch file and in a line of a JSONL file. */
export const depthMax = 64;
