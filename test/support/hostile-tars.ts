import { encodeMemberHeader, endOfTar, padding } from '../../src/tar/encode-member.ts';
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

/** A header of openGauss after `change`. */
export function craftedOpengauss(change: (header: Buffer) => unknown): Buffer {
  const header = Buffer.from(encodeOpengaussHeader(file('victim').header));
  change(header);
  return header;
}

/** `archive` with `members` in front of its end. */
export function withMembers(archive: Buffer, members: readonly Buffer[], format: 'tar' | 'opengauss' = 'tar'): Buffer {
  const end = format === 'tar' ? archive.length - endOfTar.length : archive.lastIndexOf(Buffer.alloc(1024));
  const whole = archive.subarray(0, Math.min(end, archive.length - 1024));
  return Buffer.concat([whole, ...members, endOfTar]);
}

function withChecksum(block: Buffer): Buffer {
  block.fill(0x20, 148, 156);
  const sum = block.subarray(0, 512).reduce((total, byte) => total + byte, 0);
  block.write(`${sum.toString(8).padStart(6, '0')}\0 `, 148, 'latin1');
  return block;
}
