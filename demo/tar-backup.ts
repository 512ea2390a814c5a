import { createReadStream, readdirSync, readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { pipeline } from 'node:stream/promises';
import { createGunzip } from 'node:zlib';
import { extract } from 'tar-stream';

export interface TarBackup {
  readonly members: number;
  readonly megabytes: number;
  readonly compressedMegabytes: number;
}

/** Reads a compressed tar backup with an independent reader, and compares names and sizes with its manifest. */
export async function compareWithManifest(directory: string): Promise<TarBackup> {
  const manifest = JSON.parse(readFileSync(join(directory, 'backup_manifest'), 'utf8')) as {
    Files: { Path: string; Size: number }[];
  };
  const sizes = await memberSizes(join(directory, 'base.tar.gz'));
  const wrong = manifest.Files.filter(({ Path, Size }) => sizes.get(Path) !== Size);
  if (wrong.length > 0) throw new Error(`base.tar.gz lacks what its manifest lists: ${wrong[0]?.Path ?? ''}, …`);
  const files = readdirSync(directory);
  if (!files.includes('pg_wal.tar.gz')) throw new Error(`no write-ahead log beside base.tar.gz: ${files.join(', ')}`);
  const compressed = files.reduce((sum, name) => sum + statSync(join(directory, name)).size, 0);
  const content = manifest.Files.reduce((sum, { Size }) => sum + Size, 0);
  return {
    members: manifest.Files.length,
    megabytes: Math.round(content / 1e6),
    compressedMegabytes: Math.round(compressed / 1e6),
  };
}

async function memberSizes(file: string): Promise<Map<string, number>> {
  const sizes = new Map<string, number>();
  const reader = extract();
  const reading = (async () => {
    for await (const member of reader) {
      sizes.set(member.header.name, member.header.size);
      member.resume();
    }
  })();
  await Promise.all([pipeline(createReadStream(file), createGunzip(), reader), reading]);
  return sizes;
}
