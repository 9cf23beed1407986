import type { Gap, GapLedger } from '../../ledger/port.ts';

/** `2026-01-31 12:00 UTC`. */
export function timeText(epochMs: number): string {
  return `${new Date(epochMs).toISOString().slice(0, 16).replace('T', ' ')} UTC`;
}

/** A gap of the ledger, as text. */
export function gapText({ from, to, why }: Gap): string {
  return (
    `requests may have been sent from ${timeText(from)} to ${timeText(to)} that this ledger does not ` +
    `know: ${why}`
  );
}

/** The gap as a warning, for commands other than `gaps`. */
export function gapWarning(gap: Gap): string {
  return `${gapText(gap)}; they are looked up before anything is sent again: shotlist gaps`;
}

/** Findings from opening the ledger, one per line. */
export function openingTexts({ found, copyOf }: Pick<GapLedger, 'found' | 'copyOf'>): string[] {
  const copy =
    copyOf === undefined
      ? []
      : [
          `this project is a copy: the ledger ${copyOf} is still there; each knows only its own ` +
            'requests, so use one of the two',
        ];
  return [...copy, ...found.map(gapWarning)];
}
