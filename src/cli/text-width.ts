/** Characters that take two columns of a terminal: East Asian wide and fullwidth ones, and pictures. */
const wide =
  '\\u1100-\\u115f\\u2e80-\\u303e\\u3041-\\ua4cf\\uac00-\\ud7a3\\uf900-\\ufaff\\ufe30-\\ufe6f\\uff01-\\uff60\\uffe0-\\uffe6\\u{1f300}-\\u{1faff}\\u{20000}-\\u{3fffd}';
const isWide = new RegExp(`[${wide}]`, 'u');
/** Combining marks, and what only joins or steers others. */
const isNothing = /[\p{Mn}\p{Me}\u200b-\u200f\ufe00-\ufe0f]/u;
/** A line does not end with the first, and does not begin with the second. */
const [opening, closing] = ['（“‘《【', '，。；：、！？）”’》】…'];
const seam = new RegExp(
  `(?<=[${wide}])(?<![${opening}])(?![${closing}]|$)|(?<!^)(?<![${opening}])(?=[${wide}])(?![${closing}])`,
  'u',
);

/** How many columns of a terminal `text` takes, on one line. */
export function columnsOf(text: string): number {
  let columns = 0;
  for (const character of text) columns += widthOf(character);
  return columns;
}

/** The beginning of `text` that fits into `columns` of a terminal. */
export function fitInto(text: string, columns: number): string {
  let left = columns;
  let end = 0;
  for (const character of text) {
    left -= widthOf(character);
    if (left < 0) return text.slice(0, end);
    end += character.length;
  }
  return text;
}

/** The parts of a word between which a line may be broken: Chinese is written without spaces. */
export function breakable(word: string): string[] {
  return word.split(seam);
}

function widthOf(character: string): number {
  if (character < '\u0300') return 1;
  if (isWide.test(character)) return 2;
  return isNothing.test(character) ? 0 : 1;
}
