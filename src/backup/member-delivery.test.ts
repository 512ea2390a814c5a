import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { gunzipSync } from 'node:zlib';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { collect, reused } from '../../test/support/byte-pieces.ts';
import { temporaryDirectory } from '../../test/support/temporary-directory.ts';
import { fromText, type ByteString } from '../bytes/byte-string.ts';
import { capabilitiesOf } from '../server/capabilities-of.ts';
import type { Capabilities } from '../server/capabilities.ts';
import { identifyOpengauss, identifyPostgresql } from '../server/identity.ts';
import { encodeMembers, memberOf } from '../tar/encode-members.ts';
import type { Member } from '../tar/member.ts';
import { readMembers } from '../tar/read-members.ts';
import { headerChecksum } from '../tar/ustar-header.ts';
import { createOutput } from './create-output.ts';
import { extraFilesOf } from './extra-files.ts';
import type { FileObserver } from './manifest-builder.ts';
import { MemberDelivery, type TarEvent } from './member-delivery.ts';
import type { Output, OutputParts } from './output.ts';
import type { ManifestObservers } from './passing-manifest.ts';
import { ProgressMeter } from './progress-meter.ts';
import { WrittenFiles } from './written-files.ts';
import type { BackupTarget, LocalTarget } from './request.ts';

const baseRow = { oid: undefined, location: undefined, relative: false, sizeKib: undefined };
const { signal } = new AbortController();
const uncompressed = { compression: { method: 'none' }, tarFormat: 'standard' } as const;

function file(name: string, text: string): Member {
  const header = { name: fromText(name), type: 'file', mode: 0o600, mtime: 1, linkName: '' as ByteString } as const;
  return memberOf(header, Buffer.from(text));
}

function link(name: string, target: string): Member {
  const header = { name: fromText(name), type: 'symlink', mode: 0o777, mtime: 1, linkName: fromText(target) } as const;
  return memberOf(header, Buffer.alloc(0));
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

const nobody: ManifestObservers = {
  observer: { begin: () => ({ update: () => undefined, end: () => undefined }) },
  ownObserver: undefined,
  wantsContents: false,
  leaveOut: () => undefined,
};

async function delivery(
  target: LocalTarget,
  capabilities: Capabilities,
  manifest: ManifestObservers = nobody,
): Promise<{ delivery: MemberDelivery; output: Output }> {
  const session = { capabilities } as OutputParts['session'];
  const files = new WrittenFiles({ algorithm: undefined, sync: undefined });
  const meter = new ProgressMeter(() => undefined);
  const output = await createOutput({ output: target }, { session, meter, signal, files, flushes: false });
  return { delivery: new MemberDelivery({ output, capabilities, manifest, signal }), output };
}

/** Gets all bytes of a stream. */
function streamTo(written: Buffer[]): Extract<BackupTarget, { kind: 'stream' }>['sink'] {
  return { write: (piece) => void written.push(Buffer.from(piece)) };
}

/** Long enough to come in pieces that are gathered and in such that are not. */
const text = 'x'.repeat(40_000);
const postgresql = capabilitiesOf(identifyPostgresql('12.1'));
const opengauss = capabilitiesOf(identifyOpengauss('5.0.5'));

/** A base tar as PostgreSQL sends it: with its own user in the headers, which we would not write. */
async function serverTar(): Promise<Buffer> {
  const whole = await collect(encodeMembers(members(file('a', text), file('d/b', ''), file('global/pg_control', 'C'))));
  for (const at of [0, 512 + 40_448, 512 + 40_448 + 512]) {
    const header = whole.subarray(at, at + 512);
    header.write('postgres', 265, 'latin1');
    header.write(`${headerChecksum(header).toString(8).padStart(6, '0')}\0 `, 148, 'latin1');
  }
  return whole;
}

function event(content: AsyncIterable<Uint8Array>, more: Partial<TarEvent> = {}): TarEvent {
  return { type: 'archive', tablespace: baseRow, format: 'tar', terminated: true, content, ...more };
}

describe('a backup as one tar stream', () => {
  it('is what the server sent, byte for byte, with the manifest behind it, at any piece size', async () => {
    const whole = await serverTar();
    await fc.assert(
      fc.asyncProperty(
        fc.integer({ min: 1, max: 50_000 }),
        fc.boolean(),
        fc.boolean(),
        async (size, terminated, isSlow) => {
          const sent = terminated ? whole : whole.subarray(0, whole.length - 1024);
          const written: Buffer[] = [];
          // One that takes its time: the bytes must stay until it is done.
          const slow = async (piece: Uint8Array): Promise<void> => {
            await Promise.resolve();
            written.push(Buffer.from(piece));
          };
          const sink = isSlow ? { write: slow } : streamTo(written);
          const { delivery: to, output } = await delivery({ kind: 'stream', sink, ...uncompressed }, postgresql);
          await to.tar(event(reused(sent, size), { terminated }));
          output.writeManifest(Buffer.from('m'));
          await output.finish();
          const stored = Buffer.concat(written);
          expect(stored.subarray(0, whole.length - 1024).equals(whole.subarray(0, -1024))).toBe(true);
          const listed: string[] = [];
          for await (const { header } of readMembers(reused(stored, 700), 'tar', { signal })) listed.push(header.name);
          expect(listed).toEqual(['a', 'd/b', 'global/pg_control', 'backup_manifest']);
        },
      ),
      { numRuns: 40 },
    );
  });

  it('compresses each part, and fails when its reader does', async () => {
    const whole = await serverTar();
    const gzip = { compression: { method: 'gzip', level: 1 }, tarFormat: 'standard' } as const;
    const written: Buffer[] = [];
    const { delivery: to, output } = await delivery({ kind: 'stream', sink: streamTo(written), ...gzip }, postgresql);
    await to.tar(event(reused(whole, 100)));
    await output.finish();
    expect(gunzipSync(Buffer.concat(written)).equals(whole)).toBe(true);

    const full = (): never => {
      throw new Error('no space');
    };
    const failing = await delivery({ kind: 'stream', sink: { write: full }, ...gzip }, postgresql);
    const large = await collect(encodeMembers(members(file('a', 'y'.repeat(9 * 1024 * 1024)))));
    await expect(failing.delivery.tar(event(reused(large, 65_536)))).rejects.toThrow('no space');
    await failing.output.abandon();
  });

  it('in the format of openGauss is what the server sent, with nothing changed and nothing added', async () => {
    const sent = await collect(
      encodeMembers(members(file('backup_label', 'L'), link('pg_xlog', '/wal'), file('global/pg_dw', 'old')), {
        format: 'opengauss',
      }),
    );
    const written: Buffer[] = [];
    const target = { kind: 'stream', sink: streamTo(written), ...uncompressed, tarFormat: 'opengauss' } as const;
    const { delivery: to, output } = await delivery(target, opengauss);
    to.add(extraFilesOf(opengauss, true), []);
    await to.tar(event(reused(sent, 700), { format: 'opengauss', terminated: false }));
    const checkpoint = await collect(
      encodeMembers(members(file('/x/mot.ctrl'.slice(1), 'M')), { format: 'opengauss' }),
    );
    await to.more('mot', members(file('mot.ctrl', 'M')));
    output.writeManifest(Buffer.from('m'));
    await output.finish();
    const stored = Buffer.concat(written);
    expect(stored.subarray(0, sent.length).equals(sent)).toBe(true);
    // One stream, one format.
    expect(stored.length).toBe(sent.length + checkpoint.length);
    const listed: string[] = [];
    for await (const { header } of readMembers(reused(stored, 700), 'opengauss', { signal })) listed.push(header.name);
    expect(listed).toEqual(['backup_label', 'pg_xlog', 'global/pg_dw', 'mot.ctrl']);
  });
});

describe('a backup as tar files', () => {
  it('has the bytes of the server as they are while a manifest is made from them', async () => {
    const whole = await serverTar();
    for (const size of [1, 511, 512, 4096, 20_000]) {
      const directory = temporaryDirectory();
      const watcher = new Watcher();
      const manifest = { observer: watcher, ownObserver: undefined, wantsContents: true, leaveOut: () => undefined };
      const { delivery: to, output } = await delivery(
        { kind: 'tar', directory, ...uncompressed },
        postgresql,
        manifest,
      );
      const tablespace = { ...baseRow, oid: 16384 };
      const content = reused(whole.subarray(0, whole.length - 1024), size);
      await to.tar(event(content, { tablespace, terminated: false }));
      expect(await output.finish()).toEqual([
        { from: join(directory, '16384.tar.unfinished'), to: join(directory, '16384.tar') },
      ]);
      expect(readFileSync(join(directory, '16384.tar.unfinished')).equals(whole)).toBe(true);
      expect(watcher.seen).toEqual([
        `pg_tblspc/16384/a:${text}`,
        'pg_tblspc/16384/d/b:',
        'pg_tblspc/16384/global/pg_control:C',
      ]);
    }
  });

  it('of openGauss: double-write files out, their marker in, a linked WAL directory as a directory', async () => {
    const directory = temporaryDirectory();
    const sent = await collect(
      encodeMembers(
        members(
          file('backup_label', 'L'),
          link('pg_xlog', '/wal'),
          link('pg_xlog', '/wal'),
          file('global/pg_dw_single', 'old'),
          file('global/pg_control', 'C'),
        ),
        { format: 'opengauss' },
      ),
    );
    const watcher = new Watcher();
    const manifest = { observer: watcher, ownObserver: watcher, wantsContents: true, leaveOut: () => undefined };
    const { delivery: to } = await delivery({ kind: 'tar', directory, ...uncompressed }, opengauss, manifest);
    to.add(extraFilesOf(opengauss, true), []);
    await to.tar(event(reused(sent, 700), { format: 'opengauss', terminated: false }));
    const listed: string[] = [];
    const stored = reused(readFileSync(join(directory, 'base.tar.unfinished')), 1000);
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
    expect(watcher.seen.map((line) => line.slice(0, 20))).toEqual([
      'backup_label:L',
      'global/pg_control:C',
      expect.stringMatching(/^global\/pg_dw\.build/),
      expect.stringMatching(/^gausskeep\.json:/),
    ]);
  });
});

describe('a backup as directories', () => {
  it('has no pg_control before it is published', async () => {
    const directory = temporaryDirectory();
    const target = { kind: 'plain', directory, mappings: [] } as const;
    const { delivery: to, output } = await delivery(target, capabilitiesOf(identifyPostgresql('10.1')));
    await to.tar(event(reused(await serverTar(), 700)));
    expect(readdirSync(join(directory, 'global'))).toEqual(['pg_control.unfinished']);
    expect(await output.finish()).toEqual([
      { from: join(directory, 'global/pg_control.unfinished'), to: join(directory, 'global/pg_control') },
    ]);
  });
});

describe('a backup as members', () => {
  it('comes in parts, the manifest last, and is checksummed whole even where its taker stops reading', async () => {
    const taken: string[] = [];
    const watcher = new Watcher();
    const note = (what: string) => (part: { name: string }, member?: Member) => {
      taken.push([part.name, what, member?.header.name].join(' ').trim());
    };
    const sink = { directory: note('directory'), link: note('link'), end: note('end') };
    const target: BackupTarget = {
      kind: 'members',
      sink: {
        ...sink,
        async file(part, member) {
          for await (const piece of member.content) {
            taken.push(
              `${part.name} file ${member.header.name} ${String(piece.length)} of ${String(member.header.size)}`,
            );
            break;
          }
        },
      },
    };
    const manifest = { observer: watcher, ownObserver: watcher, wantsContents: true, leaveOut: () => undefined };
    const { delivery: to, output } = await delivery(target, postgresql, manifest);
    to.add([{ name: fromText('own'), mode: 0o600, content: Buffer.from('mine') }], []);
    const sent = await collect(encodeMembers(members(file('a', text), link('l', 'a'), file('b', 'B'))));
    await to.tar(event(reused(sent, 1024)));
    output.writeManifest(Buffer.from('m'));
    await output.finish();
    expect(taken).toEqual([
      'base file a 512 of 40000',
      'base link l',
      'base file b 1 of 1',
      'base file own 4 of 4',
      'base end',
      'manifest file backup_manifest 1 of 1',
      'manifest end',
    ]);
    expect(watcher.seen).toEqual([`a:${text}`, 'b:B', 'own:mine']);
  });
});
