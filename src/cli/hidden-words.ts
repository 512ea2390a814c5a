/** What stands for a password. */
const hidden = '*';

/** `word=value` of a connection string, the value with quotes or backslashes or neither. */
const keyword = /\b((?:ssl)?password\s*=\s*)(?:'(?:\\[^]|[^'\\])*'?|(?:\\[^]|[^\s\\])+)/gi;
/** The login of a URI, and the words behind its `?`. */
const login = /(postgres(?:ql)?:\/\/[^/@:]*:)[^/@]*(?=@)/i;
const parameter = /([?&](?:ssl)?password=)[^&]*/gi;

/** A word of the command line as others may see it: without a password that a connection string has in it. */
export function withoutPassword(word: string): string {
  // Options may stand before it, abbreviated and joined.
  if (/postgres(?:ql)?:\/\//i.test(word)) return word.replace(login, `$1${hidden}`).replace(parameter, `$1${hidden}`);
  return word.replace(keyword, `$1${hidden}`);
}

/**
 * Takes passwords out of what the process list shows of this process. Until then it has shown them: a file or the environment are the
 * places for them.
 */
export function hideWords(): void {
  const words = [...process.execArgv, ...process.argv.slice(1)];
  const shown = words.map(withoutPassword);
  if (shown.some((word, index) => word !== words[index])) process.title = [process.argv0, ...shown].join(' ');
}
