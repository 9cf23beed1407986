import type { FileNote } from '../../ledger/port.ts';
import type { StatusDocument } from '../json/status.ts';

const notesShown = 3;

/** Files that need attention, one line per kind: `1 file is damaged: draw/fox: it ends early`. */
export function fileNoteLines(notes: readonly FileNote[]): string[] {
  return (['damaged', 'unfetched'] as const).flatMap((state) => {
    const own = notes.filter((note) => note.state === state);
    if (own.length === 0) return [];
    const shown = own.slice(0, notesShown).map((note) => `${nameIn(own, note)}: ${note.why}`);
    const more = own.length > notesShown ? [`and ${own.length - notesShown} more`] : [];
    const files = own.length === 1 ? '1 file is' : `${own.length} files are`;
    return [`  ${state.padEnd(10)} ${files} ${phrases[state]}: ${[...shown, ...more].join('; ')}`];
  });
}

/** Says which file of a shot it is, counted from 1, where the shot has several. */
function nameIn(notes: readonly FileNote[], { key, index }: FileNote): string {
  const isOnly = index === 0 && notes.filter((note) => note.key === key).length === 1;
  return isOnly ? key : `${key}, file ${index + 1}`;
}

const phrases = { damaged: 'damaged', unfetched: 'not available yet' } as const;

/** JSON for scripts: `damaged` and `unfetched`, each file with its reason. Empty lists are absent. */
export function fileNotesJson(
  notes: readonly FileNote[],
): Pick<StatusDocument, 'damaged' | 'unfetched'> {
  const damaged = notes.filter(({ state }) => state === 'damaged');
  const unfetched = notes.filter(({ state }) => state === 'unfetched');
  const about = ({ key, index, why }: FileNote) => ({ key, output: index, why });
  return {
    ...(damaged.length > 0 && { damaged: damaged.map(about) }),
    ...(unfetched.length > 0 && {
      unfetched: unfetched.map((note) => ({
        ...about(note),
        tries: note.tries,
        next: note.nextAt === null ? null : new Date(note.nextAt).toISOString(),
      })),
    }),
  };
}
