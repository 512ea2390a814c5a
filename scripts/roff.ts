/** Text as man pages hold it (roff with the `man` macros), for groff and mandoc alike. Pure. */

const named: Readonly<Record<string, string>> = {
  '\\': '\\(rs',
  // A hyphen may be shown as another character than the one that is typed; what is copied has to work.
  '-': '\\-',
  "'": '\\(aq',
  '`': '\\(ga',
  '^': '\\(ha',
  '~': '\\(ti',
  '"': '\\(dq',
};

/** One line of text: nothing in it is read as an instruction, wherever it stands. Line ends and other control characters become spaces. */
export function roffText(text: string): string {
  const escaped = text
    .replaceAll(/\p{Cc}/gu, ' ')
    .replaceAll(/[^ !#-&(-,.-[\]_a-}]/gu, (character) => named[character] ?? unicode(character));
  return escaped.replace(/^\./, '\\&.');
}

function unicode(character: string): string {
  const digits = character.codePointAt(0)?.toString(16).toUpperCase().padStart(4, '0') ?? 'FFFD';
  // Half of a pair is no character.
  return /^D[89A-F]/.test(digits) && digits.length === 4 ? '\\[uFFFD]' : `\\[u${digits}]`;
}

export function bold(text: string): string {
  return `\\fB${roffText(text)}\\fR`;
}

export function italic(text: string): string {
  return `\\fI${roffText(text)}\\fR`;
}

/** A macro with words that are each one argument. */
export function macro(name: string, ...words: readonly string[]): string {
  return [`.${name}`, ...words.map((word) => `"${roffText(word)}"`)].join(' ');
}

/** Running text: one paragraph, its own line breaks and runs of spaces being layout. */
export function paragraph(text: string): string {
  return roffText(text.replaceAll(/[\s\p{Cc}]+/gu, ' ').trim());
}

/** A term and what it means. @param term already roff, of one line */
export function tagged(term: string, text: string): string {
  return ['.TP', `\\&${term}`, paragraph(text)].join('\n');
}

/** Lines as they are, for commands. */
export function literal(lines: readonly string[]): string {
  return ['.RS 4', '.nf', ...lines.map((line) => `\\&${roffText(line)}`), '.fi', '.RE'].join('\n');
}
