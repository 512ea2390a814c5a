import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { gunzipSync } from 'node:zlib';
import { expect } from 'vitest';
import { fromText, type ByteString } from '../../src/bytes/byte-string.ts';
import { BackupError } from '../../src/errors/backup-error.ts';
import { render } from '../../src/messages/message.ts';
import { prepareRestore } from '../../src/restore/prepare-restore.ts';
import { performRestore } from '../../src/restore/perform-restore.ts';
import type { Member, MemberType, TarFormat } from '../../src/tar/member.ts';
import { encodeMembers, memberOf } from '../../src/tar/encode-members.ts';
import type { VerifyEvent } from '../../src/verify/events.ts';
import { verifyBackup } from '../../src/verify/verify-backup.ts';
import { keepEvents } from './kept-events.ts';
import { projectRoot } from './project.ts';
import { temporaryDirectory } from './temporary-directory.ts';

/** Small backups, and what verify and restore say of them: what restore refuses verify names. */

export const control = gunzipSync(readFileSync(join(projectRoot, 'test/fixtures/opengauss/pgdata/pg_control.gz')));
export const label = `START WAL LOCATION: 0/5000028 (file 000000010000000000000005)
CHECKPOINT LOCATION: 0/5000060
BACKUP METHOD: streamed
BACKUP FROM: master
START TIME: 2026-11-20 20:26:06 UTC
LABEL: test
`;
export const segment = '000000010000000000000005';
export const { signal } = new AbortController();

export function file(name: string, content: string | Uint8Array = 'x'): Member {
  const header = { name: fromText(name), type: 'file', mode: 0o600, mtime: 1, linkName: '' as ByteString } as const;
  return memberOf(header, typeof content === 'string' ? Buffer.from(content) : content);
}
export function other(type: MemberType, name: string, target = ''): Member {
  const header = { name: fromText(name), type, mode: 0o700, mtime: 1, linkName: fromText(target) } as const;
  return memberOf(header, new Uint8Array(0));
}
/** Directories that are empty in most backups. */
export const empty = [
  'pg_errorinfo',
  'pg_llog/mappings',
  'pg_llog/snapshots',
  'pg_notify',
  'pg_replslot',
  'pg_serial',
].concat(['pg_snapshots', 'pg_stat_tmp', 'pg_tblspc', 'pg_twophase', 'pg_xlog/archive_status']);
export const members = (): Member[] => [
  file('backup_label', label),
  file('PG_VERSION', '9.2\n'),
  file('postgresql.conf', 'port = 5432\n'),
  ...empty.map((name) => other('directory', name)),
  file('base/1/1', 'content'),
  file('base/1/2', 'content'),
  file('global/pg_control', control),
];

export async function archive(list: readonly Member[], format: TarFormat = 'tar'): Promise<Buffer> {
  const source = async function* (): AsyncGenerator<Member> {
    for (const member of list) yield await Promise.resolve(member);
  };
  const pieces: Uint8Array[] = [];
  for await (const piece of encodeMembers(source(), { mtime: 1, format })) pieces.push(Uint8Array.from(piece));
  return Buffer.concat(pieces);
}

export interface Outcome {
  /** Why the restore refused; undefined: it worked. */
  readonly refusal: string | undefined;
  readonly damage: readonly string[];
  readonly warnings: readonly string[];
  readonly restored: string;
}

/** Both programs on one backup; whatever the mutation, their words must agree. */
export async function judge(backup: string): Promise<Outcome> {
  const damage: string[] = [];
  const warnings: string[] = [];
  const note = (error: unknown): string => {
    if (!(error instanceof BackupError)) throw error;
    return render(error.sentence);
  };
  try {
    const kept = keepEvents<VerifyEvent>('verify');
    const verified = verifyBackup({ path: backup, parseWal: false }, { signal, onEvent: kept.onEvent });
    const report = await verified.finally(() => expect(kept.check()[0]).toBe('manifest'));
    for (const { severity, message } of report.findings) {
      (severity === 'damage' ? damage : warnings).push(render(message));
    }
  } catch (error) {
    damage.push(note(error));
  }
  const restored = join(dirname(backup), 'restored');
  let refusal: string | undefined;
  try {
    const from = { kind: 'directory', path: backup } as const;
    const prepared = await prepareRestore({ from, directory: restored, sync: false }, { signal, ownWal: false });
    await performRestore(prepared, { signal });
  } catch (error) {
    refusal = note(error);
  }
  if (refusal !== undefined) expect(damage, `restore refuses: ${refusal}`).not.toEqual([]);
  else if (damage.length === 0) {
    expect(readFileSync(join(restored, 'global/pg_control'))).toEqual(control);
    for (const name of [...empty, 'base/1/1']) expect(existsSync(join(restored, name)), name).toBe(true);
  }
  return { refusal, damage, warnings, restored };
}

export function newBackup(): string {
  const backup = join(temporaryDirectory(), 'backup');
  mkdirSync(backup);
  return backup;
}

export async function tarSet(objects: Readonly<Record<string, Uint8Array>>): Promise<Outcome> {
  const backup = newBackup();
  for (const [name, bytes] of Object.entries(objects)) writeFileSync(join(backup, name), bytes);
  return judge(backup);
}

/** The same finding: a restore that names the archive as well has verify's reason in it. */
export function expectSame({ refusal, damage }: Outcome, pattern: RegExp): void {
  expect(refusal).toMatch(pattern);
  expect(damage.join('\n')).toMatch(pattern);
}

/** Takes a member away, and puts others in its place. */
export function without(name: string, ...instead: Member[]): (list: Member[]) => Member[] {
  return (list) => list.flatMap((member) => (member.header.name === name ? instead : [member]));
}
