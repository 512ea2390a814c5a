import { closeSync, openSync, writeSync } from 'node:fs';
import { createInterface } from 'node:readline/promises';
import { ReadStream } from 'node:tty';

const enter = new Set([0x0a, 0x0d]);
const erase = new Set([0x08, 0x7f]);
const interrupt = 0x03;
const endOfInput = 0x04;

/**
 * Asks for a secret on the terminal that controls the process, without echo; where there is none, reads a line of standard
 * input, as the original tools do.
 * @returns undefined when the input ended without a line
 */
export async function promptSecret(prompt: string, { signal }: { signal: AbortSignal }): Promise<string | undefined> {
  const terminal = openTerminal();
  if (terminal === undefined) return readLine(prompt, signal);
  const { descriptor, input } = terminal;
  input.setRawMode(true);
  writeSync(descriptor, prompt);
  const bytes: number[] = [];
  try {
    for await (const piece of input.iterator({ destroyOnReturn: false }) as AsyncIterable<Buffer>) {
      signal.throwIfAborted();
      for (const byte of piece) {
        if (enter.has(byte)) return Buffer.from(bytes).toString('utf8');
        if (byte === interrupt) {
          process.kill(process.pid, 'SIGINT');
          return undefined;
        }
        if (byte === endOfInput && bytes.length === 0) return undefined;
        if (erase.has(byte)) eraseCharacter(bytes);
        else bytes.push(byte);
      }
    }
    return undefined;
  } finally {
    input.setRawMode(false);
    writeSync(descriptor, '\n');
    input.destroy();
  }
}

/** Whether somebody can be asked: the process has a terminal. */
export function hasTerminal(): boolean {
  const terminal = openTerminal();
  terminal?.input.destroy();
  return terminal !== undefined;
}

/** The controlling terminal opened for reading and writing; undefined where the process has none. */
function openTerminal(): { descriptor: number; input: ReadStream } | undefined {
  let descriptor: number;
  try {
    descriptor = openSync('/dev/tty', 'r+');
  } catch {
    return undefined;
  }
  try {
    return { descriptor, input: new ReadStream(descriptor) };
  } catch {
    closeSync(descriptor);
    return undefined;
  }
}

/** Takes the last character away, which may be several bytes of UTF-8. */
function eraseCharacter(bytes: number[]): void {
  let last = bytes.pop();
  while (last !== undefined && (last & 0xc0) === 0x80) last = bytes.pop();
}

async function readLine(prompt: string, signal: AbortSignal): Promise<string | undefined> {
  process.stderr.write(prompt);
  const lines = createInterface({ input: process.stdin, terminal: false });
  try {
    const ended = new Promise<undefined>((resolve) => lines.once('close', () => resolve(undefined)));
    return await Promise.race([lines.question('', { signal }), ended]);
  } finally {
    lines.close();
    process.stderr.write('\n');
  }
}
