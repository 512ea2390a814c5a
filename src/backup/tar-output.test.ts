import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { fromText, type ByteString } from '../bytes/byte-string.ts';
import { capabilitiesOf } from '../server/capabilities-of.ts';
import { identifyOpengauss, identifyPostgresql } from '../server/identity.ts';
import type { Member } from '../tar/member.ts';
import { readMembers } from '../tar/read-members.ts';
import { encodeMembers, memberOf } from '../tar/rewrite-members.ts';
import { extraFilesOf } from './extra-files.ts';
import type { FileObserver } from './manifest-builder.ts';
import type { TarEvent } from './plain-output.ts';
import { TarOutput } from './tar-output.ts';

const baseRow = { oid: undefined, location: undefined, relative: false, sizeKib: undefined };
const signal = new AbortController().signal;

function file(name: string, text: string): Member {
  const header = { name: fromText(name), type: 'file', mode: 0o600, mtime: 1, linkName: '' as ByteString } as const;
  return memberOf(header, Buffer.from(text));
}

async function bytesOf(source: AsyncIterable<Uint8Array>): Promise<Buffer> {
  const pieces: Buffer[] = [];
  for await (const piece of source) pieces.push(Buffer.from(piece));
  return Buffer.concat(pieces);
}

async function* inPieces(bytes: Buffer, size: number): AsyncGenerator<Uint8Array> {
  // One buffer for all pieces, as a socket has it: whoever keeps a view reads other bytes later.
  const view = Buffer.alloc(size);
  for (let at = 0; at < bytes.length; at += size) {
    const length = bytes.copy(view, 0, at, at + size);
    yield await Promise.resolve(view.subarray(0, length));
  }
}

async function* members(...list: Member[]): AsyncGenerator<Member> {
  for (const member of list) yield await Promise.resolve(member);
}

/** Collects what it is told as `path:text`. */
class Watcher implements FileObserver {
  readonly seen: string[] = [];
  begin(path: ByteString) {
    let text = '';
    return {
      update: (piece: Uint8Array) => {
        text += Buffer.from(piece).toString();
      },
      end: () => {
        this.seen.push(`${path}:${text}`);
      },
    };
  }
}

const text = 'x'.repeat(3000);
const postgresql = capabilitiesOf(identifyPostgresql('12.1'));
const opengauss = capabilitiesOf(identifyOpengauss('5.0.5'));

describe('TarOutput to a stream', () => {
  it('holds the end of the archive back for the members that follow, at any piece size', async () => {
    await fc.assert(
      fc.asyncProperty(fc.integer({ min: 1, max: 5000 }), fc.boolean(), async (size, terminated) => {
        const whole = await bytesOf(encodeMembers(members(file('a', text), file('b', ''))));
        const sent = terminated ? whole : whole.subarray(0, whole.length - 1024);
        const written: Buffer[] = [];
        const output = new TarOutput({
          target: { kind: 'stream', sink: { write: (piece) => void written.push(Buffer.from(piece)) } },
          compression: { method: 'none' },
          tarFormat: 'standard',
          capabilities: postgresql,
          extraFiles: [],
          configuration: [],
          manifest: {
            observer: { begin: () => ({ update: () => undefined, end: () => undefined }) },
            ownObserver: undefined,
            wantsContents: false,
          },
          onMember: () => undefined,
        });
        const archive: TarEvent = {
          type: 'archive',
          tablespace: baseRow,
          format: 'tar',
          terminated,
          content: inPieces(sent, size),
        };
        await output.receive(archive, signal);
        await output.close(members(file('backup_manifest', 'm')), signal);
        const expected = await bytesOf(
          encodeMembers(members(file('a', text), file('b', ''), file('backup_manifest', 'm'))),
        );
        expect(Buffer.concat(written).equals(expected)).toBe(true);
      }),
      { numRuns: 40 },
    );
  });
});

describe('TarOutput to a directory', () => {
  it('stores the bytes of the server as they are while a manifest is made from them', async () => {
    const directory = mkdtempSync(join(tmpdir(), 'gausskeep-test-'));
    try {
      for (const size of [1, 511, 512, 4096]) {
        const whole = await bytesOf(encodeMembers(members(file('a', text), file('d/b', 'content'))));
        const watcher = new Watcher();
        const output = new TarOutput({
          target: { kind: 'directory', path: directory },
          compression: { method: 'none' },
          tarFormat: 'standard',
          capabilities: postgresql,
          extraFiles: [],
          configuration: [],
          manifest: { observer: watcher, ownObserver: undefined, wantsContents: true },
          onMember: () => undefined,
        });
        const tablespace = { ...baseRow, oid: 16384 + size };
        const content = inPieces(whole.subarray(0, whole.length - 1024), size);
        await output.receive({ type: 'archive', tablespace, format: 'tar', terminated: false, content }, signal);
        const name = `${String(tablespace.oid)}.tar`;
        expect(output.names).toEqual([name]);
        expect(readFileSync(join(directory, `${name}.unfinished`)).equals(whole)).toBe(true);
        expect(watcher.seen).toEqual([
          `pg_tblspc/${String(tablespace.oid)}/a:${text}`,
          `pg_tblspc/${String(tablespace.oid)}/d/b:content`,
        ]);
      }
    } finally {
      rmSync(directory, { recursive: true });
    }
  });

  it('rewrites openGauss members: double-write files out, their marker in, a linked WAL directory as a directory', async () => {
    const directory = mkdtempSync(join(tmpdir(), 'gausskeep-test-'));
    try {
      const link = {
        name: fromText('pg_xlog'),
        type: 'symlink',
        mode: 0o777,
        mtime: 0,
        linkName: fromText('/wal'),
      } as const;
      const sent = await bytesOf(
        encodeMembers(
          members(
            file('backup_label', 'L'),
            { header: { ...link, size: 0 }, content: members() as unknown as AsyncIterable<Uint8Array> },
            { header: { ...link, size: 0 }, content: members() as unknown as AsyncIterable<Uint8Array> },
            file('global/pg_dw_single', 'old'),
            file('global/pg_control', 'C'),
          ),
          { format: 'opengauss' },
        ),
      );
      const output = new TarOutput({
        target: { kind: 'directory', path: directory },
        compression: { method: 'none' },
        tarFormat: 'standard',
        capabilities: opengauss,
        extraFiles: extraFilesOf(opengauss, true),
        configuration: [],
        manifest: {
          observer: { begin: () => ({ update: () => undefined, end: () => undefined }) },
          ownObserver: undefined,
          wantsContents: false,
        },
        onMember: () => undefined,
      });
      const content = inPieces(sent, 700);
      await output.receive(
        { type: 'archive', tablespace: baseRow, format: 'opengauss', terminated: false, content },
        signal,
      );
      const listed: string[] = [];
      const stored = inPieces(readFileSync(join(directory, 'base.tar.unfinished')), 1000);
      for await (const member of readMembers(stored, 'tar', { signal })) {
        listed.push(`${member.header.type} ${member.header.name} ${String(member.header.size)}`);
      }
      expect(listed.slice(0, -1)).toEqual([
        'file backup_label 1',
        'directory pg_xlog 0',
        'file global/pg_control 1',
        'file global/pg_dw.build 8192',
      ]);
      expect(listed.at(-1)).toMatch(/^file gausskeep\.json \d+$/);
    } finally {
      rmSync(directory, { recursive: true });
    }
  });
});
