/**
 * The probable meaning: the nearest of `allowed` by edit distance, or one that contains the written
 * text (`preset` for `preset_id`). Undefined when no candidate is near enough.
 */
export function didYouMean(written: string, allowed: Iterable<string>): string | undefined {
  const wanted = written.toLowerCase();
  if (wanted === '') return undefined;
  let nearest: { text: string; distance: number } | undefined;
  let containing: string | undefined;
  for (const text of allowed) {
    const candidate = text.toLowerCase();
    const distance = editDistance(wanted, candidate);
    if (!nearest || distance < nearest.distance) nearest = { text, distance };
    if (wanted.length >= 3 && candidate.length >= 3 && !containing) {
      if (candidate.includes(wanted) || wanted.includes(candidate)) containing = text;
    }
  }
  const tolerated = Math.max(1, Math.floor(wanted.length / 3));
  if (nearest && nearest.distance <= tolerated && nearest.distance < wanted.length)
    return nearest.text;
  return containing;
}

/** Edit distance of two words. A swap of two neighbours counts as one edit. */
function editDistance(a: string, b: string): number {
  let beforeLast: number[] = [];
  let last = Array.from({ length: b.length + 1 }, (_, index) => index);
  for (let i = 1; i <= a.length; i++) {
    const row = [i];
    for (let j = 1; j <= b.length; j++) {
      const same = a[i - 1] === b[j - 1] ? 0 : 1;
      let cost = Math.min(at(last, j) + 1, at(row, j - 1) + 1, at(last, j - 1) + same);
      const swapped = i > 1 && j > 1 && a[i - 1] === b[j - 2] && a[i - 2] === b[j - 1];
      if (swapped) cost = Math.min(cost, at(beforeLast, j - 2) + 1);
      row.push(cost);
    }
    beforeLast = last;
    last = row;
  }
  return at(last, b.length);
}

function at(row: readonly number[], index: number): number {
  return row[index] ?? Number.POSITIVE_INFINITY;
}
