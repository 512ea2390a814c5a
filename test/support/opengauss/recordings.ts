import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { gunzipSync } from 'node:zlib';
import { describe } from 'vitest';

/** The recordings that are part of the repository. */
export const fixtureRoot = fileURLToPath(new URL('../../fixtures/opengauss/', import.meta.url));

/** Where the whole base backups are, beside the checkout. */
export const sharedRoot = fileURLToPath(new URL('../../../../shared/fixtures/opengauss/', import.meta.url));

/**
 * Tests over the recorded whole base backups, which are too large for the repository. Where they are not beside the checkout the
 * tests count as skipped, and one line says which and why; where CI=true they must be there. What `define` needs of them it
 * reads in hooks and tests.
 */
export function describeShared(title: string, define: () => void): void {
  if (existsSync(join(sharedRoot, 'basebackup-plain-stream'))) {
    describe(title, define);
    return;
  }
  if (process.env['CI'] === 'true') throw new Error(`${sharedRoot} is missing, and CI=true does not allow that`);
  process.stderr.write(`skipped: ${title}: needs the recorded base backups, and ${sharedRoot} is not there\n`);
  describe.skip(title, define);
}

export interface WireMessage {
  readonly type: string;
  readonly body: Buffer;
  /** The whole message with its head. */
  readonly bytes: Buffer;
}

export interface RecordedConnection {
  readonly port: 'sql' | 'ha';
  /** Address that the server saw. */
  readonly clientAddress: string;
  readonly askedForTls: boolean;
  readonly tlsAnswer: 'N' | 'S' | undefined;
  readonly protocol: { readonly major: number; readonly minor: number };
  readonly parameters: ReadonlyMap<string, string>;
  readonly startup: Buffer;
  /** Without startup packets. */
  readonly sent: readonly WireMessage[];
  readonly received: readonly WireMessage[];
  /** What follows the last whole message (a server that stopped in the middle of one). */
  readonly tail: Buffer;
}

function messagesOf(bytes: Buffer, from: number): { messages: WireMessage[]; tail: Buffer } {
  const messages: WireMessage[] = [];
  let at = from;
  while (at + 5 <= bytes.length) {
    const end = at + 1 + bytes.readInt32BE(at + 1);
    if (end > bytes.length) break;
    messages.push({
      type: String.fromCharCode(bytes[at]!),
      body: bytes.subarray(at + 5, end),
      bytes: bytes.subarray(at, end),
    });
    at = end;
  }
  return { messages, tail: bytes.subarray(at) };
}

interface TimelineEvent {
  readonly ev?: string;
  readonly port?: string;
  readonly from?: string;
}

/** Reads one connection of a recording directory. */
export function readConnection(directory: string, number: number): RecordedConnection {
  const file = (name: string): Buffer => readFileSync(join(directory, `conn${number}.${name}`));
  const sent = file('c2s.bin');
  const received = gunzipSync(file('s2c.bin.gz'));
  const timeline = file('timeline.jsonl')
    .toString()
    .split('\n')
    .filter((line) => line.includes('"ev"'))
    .map((line) => JSON.parse(line) as TimelineEvent);
  const askedForTls = sent.length >= 8 && sent.readInt32BE(4) === 80_877_103;
  const tlsAnswer = askedForTls ? (received.toString('latin1', 0, 1) as 'N' | 'S') : undefined;
  const startupAt = askedForTls ? 8 : 0;
  const startup =
    tlsAnswer === 'S' ? Buffer.alloc(0) : sent.subarray(startupAt, startupAt + sent.readInt32BE(startupAt));
  const words = startup.toString('utf8', 8).split('\0');
  const parameters = new Map<string, string>();
  for (let at = 0; words[at]; at += 2) parameters.set(words[at]!, words[at + 1] ?? '');
  const back = messagesOf(received, askedForTls ? 1 : 0);
  return {
    port: timeline.find((event) => event.ev === 'accept')?.port === 'main' ? 'sql' : 'ha',
    clientAddress: timeline.find((event) => event.ev === 'connected')?.from ?? '127.0.0.2',
    askedForTls,
    tlsAnswer,
    protocol: {
      major: startup.length > 8 ? startup.readUInt16BE(4) : 0,
      minor: startup.length > 8 ? startup.readUInt16BE(6) : 0,
    },
    parameters,
    startup,
    sent: messagesOf(sent, startupAt + startup.length).messages,
    received: back.messages,
    tail: back.tail,
  };
}

export function connectionCount(directory: string): number {
  return readdirSync(directory).filter((name) => /^conn\d+\.c2s\.bin$/.test(name)).length;
}

export interface ManifestEntry {
  readonly type: string;
  readonly mode: string;
  readonly size: string;
  readonly sha256: string;
  readonly link: string;
}

/** A manifest of what the native client left on disk (`native-plain`, `native-untar`): by path. */
export function readManifest(path: string): Map<string, ManifestEntry> {
  const entries = new Map<string, ManifestEntry>();
  for (const line of readFileSync(path, 'utf8').split('\n').slice(1)) {
    const [name, type, mode, size, sha256, link] = line.split('\t');
    if (name) entries.set(name, { type: type!, mode: mode!, size: size!, sha256: sha256!, link: link ?? '-' });
  }
  return entries;
}
