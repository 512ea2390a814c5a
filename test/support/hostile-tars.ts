import { encodeMemberHeader, endOfTar, padding } from '../../src/tar/encode-member.ts';
import type { TarFormat } from '../../src/tar/member.ts';
import { encodeOpengaussHeader } from '../../src/tar/opengauss-header.ts';
import { file } from './archives.ts';

/** Blocks of tar files that no tar program writes. */

/** The header block of a file after `change`, with the right checksum, and its content. */
export function crafted(change: (block: Buffer) => unknown, content = ''): Buffer {
  const block = Buffer.from(encodeMemberHeader({ ...file('victim', content).header, size: content.length }));
  change(block);
  return Buffer.concat([withChecksum(block), Buffer.from(content, 'latin1'), padding(content.length)]);
}

export function named(name: string, content = ''): Buffer {
  return crafted((block) => block.fill(0, 0, 100).write(name, 0, 'latin1'), content);
}

/** A member of this type flag. */
export function typed(flag: string, name: string, target = ''): Buffer {
  return crafted((block) => {
    block.fill(0, 0, 100).write(name, 0, 'latin1');
    block.write(flag, 156, 'latin1');
    block.write(target, 157, 'latin1');
  });
}

/** An extension header: pax (`x`, `g`) or GNU (`L`, `K`). */
export function extension(flag: string, body: string, size = body.length): Buffer {
  const block = Buffer.from(encodeMemberHeader({ ...file('extension').header, size }));
  block.write(flag, 156, 'latin1');
  return Buffer.concat([withChecksum(block), Buffer.from(body, 'latin1'), padding(body.length)]);
}

export function pax(flag: 'x' | 'g', ...records: string[]): Buffer {
  const encoded = records.map((record) => {
    let length = record.length + 3;
    while (`${length} ${record}\n`.length !== length) length += 1;
    return `${length} ${record}\n`;
  });
  return extension(flag, encoded.join(''));
}

/** A member in the format of openGauss: a file, directory (5), link (2) or link relative to the data directory (3). */
export function native(
  type: '0' | '2' | '3' | '5',
  name: string,
  { target = '', content = '', size = content.length }: NativeParts = {},
): Buffer {
  const header = Buffer.from(encodeOpengaussHeader(file('victim').header));
  header.fill(0, 0, 1024).write(name, 0, 'latin1');
  header.write(size.toString(8).padStart(11, '0'), 1048, 'latin1');
  header.write(type, 1080, 'latin1');
  header.write(target, 1081, 'latin1');
  return Buffer.concat([header, Buffer.from(content, 'latin1'), padding(content.length)]);
}

interface NativeParts {
  readonly target?: string;
  readonly content?: string;
  /** What the header says; default: what there is. */
  readonly size?: number;
}

/** `archive` with `members` in front of its end, which the format of openGauss has none of. */
export function withMembers(archive: Buffer, members: readonly Buffer[], format: TarFormat = 'tar'): Buffer {
  if (format === 'opengauss') return Buffer.concat([archive, ...members]);
  return Buffer.concat([archive.subarray(0, archive.length - endOfTar.length), ...members, endOfTar]);
}

function withChecksum(block: Buffer): Buffer {
  block.fill(0x20, 148, 156);
  const sum = block.subarray(0, 512).reduce((total, byte) => total + byte, 0);
  block.write(`${sum.toString(8).padStart(6, '0')}\0 `, 148, 'latin1');
  return block;
}
