import { describe, expect, it } from 'vitest';
import { fromText } from '../bytes/byte-string.ts';
import { ManifestWriter } from '../manifest/writer.ts';
import { capabilitiesOf } from '../server/capabilities-of.ts';
import { identifyPostgresql } from '../server/identity.ts';
import { lsn } from '../wal/lsn.ts';
import { PassingManifest, type PassingManifestParts } from './passing-manifest.ts';
import { ReceivedFiles } from './received-files.ts';

const start = { timeline: 1, startLsn: lsn(0x2000028n) };
const end = { timeline: 1, endLsn: lsn(0x2000100n) };

/** A manifest whose own checksum is right, whatever else is wrong. */
function manifest(files: Record<string, number>, system = 7n, endLsn = end.endLsn): Buffer {
  const writer = new ManifestWriter({ systemIdentifier: system });
  const texts = Object.entries(files).map(([path, size]) =>
    writer.addFile({ path: fromText(path), size, mtime: 1, algorithm: 'NONE', checksum: '' }),
  );
  return Buffer.concat([...texts, writer.addWalRange({ ...start, endLsn }), writer.finish()]);
}

async function* once(bytes: Buffer): AsyncGenerator<Uint8Array> {
  for (let at = 0; at < bytes.length; at += 50) yield await Promise.resolve(bytes.subarray(at, at + 50));
}

function passing(received: Record<string, number>): { manifest: PassingManifest; written: Buffer[] } {
  const files = new ReceivedFiles({ names: [], keepAll: true });
  for (const [path, size] of Object.entries(received)) files.begin(fromText(path)).end(size);
  const written: Buffer[] = [];
  const parts = {
    request: { manifest: 'NONE' },
    session: { capabilities: capabilitiesOf(identifyPostgresql('17.0')), system: { systemIdentifier: '7' } },
    configuration: [],
    received: files,
  } as unknown as PassingManifestParts;
  return { manifest: new PassingManifest(parts, (text) => written.push(Buffer.from(text))), written };
}

const sent = { PG_VERSION: 3, 'base/1/1259': 8192, 'pg_wal/000000010000000000000002': 16 };
const listed = { PG_VERSION: 3, 'base/1/1259': 8192 };

describe('the manifest of a server', () => {
  it('is stored as it came when it is right', async () => {
    const { manifest: passed, written } = passing(sent);
    await passed.receive(once(manifest(listed)));
    passed.finish(start, end);
    expect(Buffer.concat(written).equals(manifest(listed))).toBe(true);
  });

  it.each<[string, Buffer, RegExp]>([
    ['a file that was received is not listed', manifest({ PG_VERSION: 3 }), /does not list "base\/1\/1259"/],
    ['a listed file did not come', manifest({ ...listed, more: 1 }), /lists "more", which was not received/],
    ['another size', manifest({ ...listed, PG_VERSION: 4 }), /"PG_VERSION" with 4 bytes, 3 were received/],
    ['another instance', manifest(listed, 8n), /another instance/],
    ['cut', manifest(listed).subarray(0, 150), /not right: .*/],
    ['empty', Buffer.alloc(0), /not right: .*/],
    ['a bit', Buffer.from(manifest(listed).toString().replace('8192', '8193')), /checksum mismatch/],
  ])('%s: an error', async (_name, bytes, message) => {
    await expect(passing(sent).manifest.receive(once(bytes))).rejects.toThrow(message);
  });

  it('that has the WAL of another backup, or that never came, ends the backup', async () => {
    const { manifest: other } = passing(sent);
    await other.receive(once(manifest(listed, 7n, lsn(0x3000000n))));
    expect(() => other.finish(start, end)).toThrow(/WAL range/);
    expect(() => passing(sent).manifest.finish(start, end)).toThrow(/none came/);
  });

  it('does not hide a file that came twice', async () => {
    const { manifest: passed } = passing(sent);
    passed.observer.begin(fromText('PG_VERSION'), undefined).end(3);
    await expect(passed.receive(once(manifest(listed)))).rejects.toThrow(/received twice/);
  });
});
