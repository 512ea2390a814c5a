/** What takes two columns of a terminal: East Asian Width W and F of Unicode, in ranges. */
const wide =
  '\\u1100-\\u115f\\u2e80-\\u303e\\u3041-\\u33ff\\u3400-\\u4dbf\\u4e00-\\ua4cf\\uac00-\\ud7a3\\uf900-\\ufaff\\ufe30-\\ufe6f\\uff01-\\uff60\\uffe0-\\uffe6\\u{1f300}-\\u{1faff}\\u{20000}-\\u{3fffd}';
const wideCharacters = new RegExp(`[${wide}]`, 'gu');
/** No line begins with these, */
const closing = '，。、；：？！）》」』】';
/** and none ends with these. */
const opening = '（《「『【';
const pieces = new RegExp(`[${opening}]*(?:[^${wide}]+|[${wide}])?[${closing}]*`, 'gu');

/** Columns that `text` takes on a terminal. */
export function textWidth(text: string): number {
  return (text.match(/./gsu)?.length ?? 0) + (text.match(wideCharacters)?.length ?? 0);
}

/** `text` with spaces behind it, `columns` wide. */
export function padToWidth(text: string, columns: number): string {
  return text + ' '.repeat(Math.max(0, columns - textWidth(text)));
}

/** As much of the beginning of `text` as fits into so many columns. */
export function cutToWidth(text: string, columns: number): string {
  if (text.length * 2 <= columns) return text;
  let width = 0;
  let cut = '';
  for (const character of text) {
    width += textWidth(character);
    if (width > columns) break;
    cut += character;
  }
  return cut;
}

/** Where a line may be broken within a word: Chinese has no spaces. Joined, they are `word` again. */
export function breakable(word: string): readonly string[] {
  if (word.search(wideCharacters) < 0) return [word];
  return word.match(pieces)?.filter((piece) => piece !== '') ?? [word];
}
