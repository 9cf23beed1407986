/** Why a variable gives no key. For people: it names the variable and never its value. */
export interface KeyProblem {
  /** The variable has a value that cannot be sent. */
  readonly isSet: boolean;
  readonly why: string;
  readonly next: string;
}

export type ReadKey =
  | { readonly key: string; readonly problem: undefined }
  | { readonly key: undefined; readonly problem: KeyProblem };

/** White space, line ends and invisible marks: byte order, zero width, direction, variation. */
const unseen = /^[\s\p{C}\ufe00-\ufe0f]+|[\s\p{C}\ufe00-\ufe0f]+$/gu;
const quote = /["'`\u00ab\u00bb\u2018-\u201f]/u;

/** The text of a variable that holds a secret, without invisible characters at its ends. */
export function withoutUnseen(value: string | undefined): string {
  return (value ?? '').replace(unseen, '');
}

/**
 * The key in a variable. Invisible characters that a terminal, an editor or a file adds at its ends are
 * removed. A value that cannot stand in a header, or is an obvious mistake, is no key.
 */
export function readKey(variable: string, value: string | undefined): ReadKey {
  const text = withoutUnseen(value);
  const give = `export ${variable}=...`;
  const none = (why: string, next: string, isSet = true): ReadKey => ({
    key: undefined,
    problem: { isSet, why: `${variable} ${why}`, next },
  });
  if (text === '') return none('is not set', give, false);
  const characters = [...text];
  const quoted = [characters[0], characters.at(-1)].filter((end) => quote.test(end ?? ''));
  if (quoted.length > 0)
    return none(
      quoted.length === 2 ? 'has quotation marks around it' : 'has a quotation mark at an end',
      `write the key alone: ${give}`,
    );
  if (/^(bearer|basic|token|authorization:|x-api-key:)\s/i.test(text))
    return none('begins with the words of a header', `write the key alone: ${give}`);
  if (text.startsWith(`${variable}=`))
    return none('begins with its own name', `write the key alone: ${give}`);
  const at = characters.findIndex((character) => !/^[\x21-\x7e]$/.test(character));
  if (at < 0) return { key: text, problem: undefined };
  const what = nameOf(characters[at] ?? '');
  return none(
    `holds ${what}, character ${at + 1} of ${characters.length}, which no key has`,
    `copy the key once more: ${give}`,
  );
}

function nameOf(character: string): string {
  if (character === ' ') return 'a space';
  if (character === '\n' || character === '\r') return 'a line end';
  if (/[\s\p{C}\ufe00-\ufe0f]/u.test(character)) return 'an invisible character';
  return 'a character outside ASCII';
}
