/** What Linux says of file systems and libuv has no name for: number, name, text. Node calls them `Unknown system error -122`. */
const unnamed: Readonly<Record<string, readonly [code: string, text: string]>> = {
  '-116': ['ESTALE', 'stale file handle'],
  '-117': ['EUCLEAN', 'structure needs cleaning'],
  '-122': ['EDQUOT', 'disk quota exceeded'],
};

/** What Node says of a thread that it could not start. */
const unstarted: Readonly<Record<string, string>> = {
  'Worker initialization failure: EMFILE': 'EMFILE: too many open files',
  'Worker initialization failure: ENFILE': 'ENFILE: file table overflow',
};

const unknown = /^Unknown system error (-\d+)(?:: Unknown system error -\d+)?/;

/** The name of an error that Node knows by its number alone; any other as it is. */
export function namedCode(code: string): string {
  return unnamed[unknown.exec(code)?.[1] ?? '']?.[0] ?? code;
}

/** The text of such an error in the form of the others, `EDQUOT: disk quota exceeded, write`; any other as it is. */
export function namedText(message: string): string {
  const found = unnamed[unknown.exec(message)?.[1] ?? ''];
  return found === undefined ? (unstarted[message] ?? message) : message.replace(unknown, `${found[0]}: ${found[1]}`);
}
