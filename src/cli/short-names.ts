/** Digits of a backup's start, and as many of its id where two began in the same second. */
const timeLength = 16;
const leastIdDigits = 4;

/** As much of each name as tells it from the others. */
export function shortNames(names: readonly string[]): string[] {
  const longest = Math.max(0, ...names.map((name) => name.length));
  const isUnique = (length: number): boolean =>
    new Set(names.map((name) => name.slice(0, length))).size === names.length;
  let length = timeLength;
  if (!isUnique(length)) length += 1 + leastIdDigits;
  while (length < longest && !isUnique(length)) length += 1;
  return names.map((name) => name.slice(0, length));
}
