import { execFileSync } from 'node:child_process';
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { sharedRoot } from './recordings.ts';

/** The archives of the recorded tar backup, in the order of the server: the payloads of the CopyData messages of each copy. */
export function nativeArchives(): Buffer[] {
  const session = execFileSync('gzip', ['-dc', join(sharedRoot, 'basebackup-tar-fetch/conn1.s2c.bin.gz')], {
    maxBuffer: 1 << 28,
  });
  const copies: Buffer[][] = [];
  let inStartup = true;
  for (let offset = 0; offset < session.length;) {
    // The single byte that answers the SSLRequest.
    if (inStartup && session[offset] === 0x4e && session[offset + 1] === 0x52) offset += 1;
    inStartup = false;
    const type = String.fromCharCode(session[offset] ?? 0);
    const length = session.readUInt32BE(offset + 1);
    if (type === 'H') copies.push([]);
    if (type === 'd') copies.at(-1)?.push(session.subarray(offset + 5, offset + 1 + length));
    offset += 1 + length;
  }
  return copies.map((pieces) => Buffer.concat(pieces));
}

/** Those archives in a new directory, as the native client names them. */
export function writeNativeSet(directory: string): void {
  const archives = nativeArchives();
  mkdirSync(directory);
  for (const [index, name] of ['16421.tar', '16422.tar', 'base.tar'].entries()) {
    writeFileSync(join(directory, name), archives[index] ?? Buffer.alloc(0));
  }
}
