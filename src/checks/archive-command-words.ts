/** What only a shell understands. */
const shellSigns = /&&|\|\||>>|[;&|<>`$"'*?~]/;

/** The first sign in a command that only a shell understands. */
export function shellSignIn(command: string): string | undefined {
  return shellSigns.exec(command)?.[0];
}

/**
 * What an archive_command does whatever is archived, as far as its text alone tells: `blank`: nothing; `succeeds`: nothing but to report success;
 * `masked`: it reports success also where what archives failed; `fails`: nothing but to report failure. Undefined: it hangs on what it runs.
 */
export type CommandNature = 'blank' | 'succeeds' | 'masked' | 'fails';

const success = String.raw`(?:(?:(?:/usr)?/bin/)?true|:|exit\s+0+)`;
const failure = String.raw`(?:(?:(?:/usr)?/bin/)?false|exit\s+0*[1-9]\d*)`;
/** Words without anything by which a shell would run something else. */
const plainRest = String.raw`(?:\s[^;&|<>()\x60$\n]*)?`;
const open = String.raw`^[\s({]*`;
const close = String.raw`[\s;)}]*$`;
const onlySuccess = new RegExp(`${open}${success}${plainRest}${close}`);
const onlyFailure = new RegExp(`${open}${failure}${plainRest}${close}`);
/** A last command that succeeds whatever the one before did, or one that nobody waits for. */
const maskedSuccess = new RegExp(`(?:(?:;|\\|\\|?|\\n|(?<!&)&)\\s*${success}|(?<!&)&)${close}`);

export function natureOfCommand(command: string, readByShell: boolean): CommandNature | undefined {
  if (/^\s+$/.test(command)) return 'blank';
  if (readByShell && /^\s*exit\s*;?\s*$/.test(command)) return 'succeeds';
  // Without a shell these two are programs; the other words are none.
  const isWordOfShell = /^\s*(?::|exit)(?:\s|$)/.test(command);
  if (!readByShell && isWordOfShell) return undefined;
  if (onlySuccess.test(command)) return 'succeeds';
  if (onlyFailure.test(command)) return 'fails';
  return readByShell && maskedSuccess.test(command) ? 'masked' : undefined;
}

/** Words of a command, without the quotes around them. */
export function wordsOfCommand(command: string): string[] {
  return command.match(/(?:"[^"]*"|'[^']*'|[^\s"'])+/g)?.map((word) => word.replaceAll(/["']/g, '')) ?? [];
}

/** The value of an option in a command. */
export function optionOfCommand(words: readonly string[], name: string): string | undefined {
  const at = words.findIndex((word) => word === name || word.startsWith(`${name}=`));
  return at === -1 ? undefined : words[at] === name ? words[at + 1] : words[at]?.slice(name.length + 1);
}

/** A word of our own examples and advice that stands for one that is to be filled in. */
export function placeholderIn(command: string): string | undefined {
  const words = wordsOfCommand(command);
  const archive = optionOfCommand(words, '--archive');
  if (archive !== undefined && /^(?:DIR|DIRECTORY|ARCHIVE|\/ARCHIVE|\/PATH)$/.test(archive)) return archive;
  return words.find((word) => word.startsWith('/PATH/') || word === '/PATH');
}

/** What a command begins with. */
export type FirstWord =
  /** An absolute path. */
  | { readonly kind: 'path'; readonly word: string }
  /** No slash in it: looked for in the PATH of the server. */
  | { readonly kind: 'name'; readonly word: string }
  /** The shell itself understands it. */
  | { readonly kind: 'shell'; readonly word: string }
  /** A path from the data directory on, or one that is known only when the command is run. */
  | { readonly kind: 'unclear'; readonly word: string };

const shellWords: ReadonlySet<string> = new Set([
  ...['if', 'for', 'while', 'until', 'case', '{', '!', 'cd', 'set', 'eval', 'exec', 'export', 'umask', '.', 'command'],
  ...['trap', 'ulimit', 'test', '[', 'exit', ':', 'unset', 'read', 'echo', 'printf', 'wait', 'kill', 'return'],
]);

export function firstWordOf(command: string, readByShell: boolean): FirstWord {
  const found = /^\s*(?:"([^"$`\\]+)"|'([^']+)'|([^\s"'$`;&|<>()\\]+))(?=[\s;&|<>]|$)/.exec(command);
  const quoted = found?.[1] ?? found?.[2];
  const word = quoted ?? found?.[3];
  if (word === undefined) {
    const [begin = ''] = /^\s*(?:[(]|\S+)/.exec(command) ?? [];
    const text = begin.trim();
    return { kind: readByShell && text.startsWith('(') ? 'shell' : 'unclear', word: text };
  }
  if (readByShell && quoted === undefined && (shellWords.has(word) || /^\w+=/.test(word)))
    return { kind: 'shell', word };
  if (word.startsWith('/')) return { kind: 'path', word };
  return { kind: word.includes('/') ? 'unclear' : 'name', word };
}
