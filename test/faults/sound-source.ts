import { rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { makeDataDirectory, type TestDataDirectory } from '../support/opengauss/data-directory.ts';

/** A data directory of the stand-in whose backups have nothing that verify finds: no page that is made up, no name that is no text. */
export function makeSoundSource(path: string, tablespaces: readonly ('relative' | 'absolute')[]): TestDataDirectory {
  const data = makeDataDirectory(path, { tablespaces });
  for (const file of ['base/16412/16500', 'base/16412/16500.1']) rmSync(join(data.path, file));
  for (const { oid, path: place } of data.tablespaces) {
    for (const file of [String(oid + 2), `${String(oid + 2)}_vm`]) {
      writeFileSync(join(place, 'PG_9.2_201611171_n1/16412', file), Buffer.alloc(8192));
    }
  }
  rmSync(Buffer.concat([Buffer.from(`${data.path}/`), data.oddName]));
  return data;
}
