/** Changes of plain backups made by hand. */
import { createHash } from 'node:crypto';
import { mkdirSync, readdirSync, renameSync, statSync, symlinkSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';

/** Puts a link in the place of a file or directory, which then lies beside the backup. */
export function moveAndLink(backup: string, name: string): void {
  const elsewhere = join(dirname(backup), 'elsewhere');
  renameSync(join(backup, name), elsewhere);
  symlinkSync(elsewhere, join(backup, name));
}

/** A file that was taken along by --config-dir, behind a link. */
export function linkConfiguration(backup: string): void {
  mkdirSync(join(backup, 'gausskeep_config'));
  writeFileSync(join(backup, 'gausskeep_config/start.conf'), 'auto');
  moveAndLink(backup, 'gausskeep_config/start.conf');
}

/** A file that the manifest lists, behind a link. */
export function linkListed(backup: string): void {
  writeManifest(backup);
  moveAndLink(backup, 'postgresql.conf');
}

/** Lists what is in a backup in a manifest without checksums of files. */
function writeManifest(backup: string): void {
  const names = readdirSync(backup, { recursive: true, encoding: 'utf8' });
  const files = names
    .map((Path) => ({ Path, found: statSync(join(backup, Path)) }))
    .filter(({ found }) => found.isFile());
  const listed = files.map(({ Path, found }) =>
    JSON.stringify({ Path, Size: found.size, 'Last-Modified': '2026-11-20 20:26:06 GMT' }),
  );
  const head = `{ "PostgreSQL-Backup-Manifest-Version": 1,\n"Files": [\n${listed.join(',\n')}\n],\n"WAL-Ranges": [\n],\n`;
  const checksum = createHash('sha256').update(head).digest('hex');
  writeFileSync(join(backup, 'backup_manifest'), `${head}"Manifest-Checksum": "${checksum}"}\n`);
}
