import { BackupError, reasonOf } from '../errors/backup-error.ts';
import { companionFileName, decodeCompanion } from '../manifest/companion.ts';
import type { Manifest } from '../manifest/manifest.ts';
import { say, type Message } from '../messages/message.ts';
import type { PageFormat } from '../pages/page-file.ts';
import { parseBackupLabel, type BackupLabel } from '../wal/backup-label.ts';
import { readControlFile, type ControlFile } from '../server/control-file.ts';
import type { Findings } from './findings.ts';
import type { IgnoredPaths } from './ignored-paths.ts';
import type { InstanceFiles } from './instance-files.ts';

export interface InstanceFacts {
  readonly control: ControlFile | undefined;
  readonly label: BackupLabel | undefined;
}

export interface InstanceCheck {
  readonly files: InstanceFiles;
  readonly manifest: Manifest | undefined;
  readonly ignored: IgnoredPaths;
  readonly findings: Findings;
  /** How pg_control is named in findings. */
  readonly controlPath: string;
}

/** Reads pg_control, backup_label and gausskeep.json, and compares the identity with the manifest's. */
export function checkInstance(check: InstanceCheck): InstanceFacts {
  checkCompanion(check);
  return { control: checkControl(check), label: checkLabel(check) };
}

function checkControl({ files, manifest, ignored, findings, controlPath }: InstanceCheck): ControlFile | undefined {
  if (ignored.has('global/pg_control' as never)) return undefined;
  const bytes = files.get('global/pg_control');
  if (bytes === undefined) {
    // With a manifest its absence is found by name already.
    if (manifest === undefined) findings.damage(say('verify.control-missing'));
    return undefined;
  }
  let control: ControlFile;
  try {
    control = readControlFile(bytes);
  } catch (error) {
    findings.damage(controlProblem(controlPath, error));
    return undefined;
  }
  const expected = manifest?.systemIdentifier;
  if (expected !== undefined && expected !== control.systemIdentifier) {
    const identity = { path: controlPath, expected, actual: control.systemIdentifier };
    findings.damage(say('verify.control-identity', identity), 'SYSTEM_MISMATCH');
  }
  return control;
}

function controlProblem(path: string, error: unknown): Message {
  const key = error instanceof BackupError ? error.sentence.key : undefined;
  if (key === 'server.control-checksum') return say('verify.control-crc', { path });
  if (key === 'server.control-version') return say('verify.control-version', { path });
  return say('verify.control-damaged', { path, reason: reasonOf(error) });
}

function checkLabel({ files, manifest, ignored, findings }: InstanceCheck): BackupLabel | undefined {
  if (ignored.has('backup_label' as never)) return undefined;
  const bytes = files.get('backup_label');
  if (bytes === undefined) {
    if (manifest === undefined) findings.damage(say('verify.label-missing'));
    return undefined;
  }
  try {
    return parseBackupLabel(Buffer.from(bytes).toString('utf8'));
  } catch (error) {
    findings.damage(say('verify.label-damaged', { reason: reasonOf(error) }));
    return undefined;
  }
}

/** A backup that was taken without some files of the server says so. */
function checkCompanion({ files, findings }: InstanceCheck): void {
  const bytes = files.get(companionFileName);
  if (bytes === undefined) return;
  try {
    const { missingFiles } = decodeCompanion(bytes);
    if (missingFiles.length > 0) findings.unproved(say('verify.lacks-files', { files: missingFiles.join(', ') }));
  } catch (error) {
    if (!(error instanceof BackupError)) throw error;
    findings.damage(error.sentence);
  }
}

/** The oids of the tablespaces that `tablespace_map` names. */
export function tablespacesOfMap(files: InstanceFiles): readonly number[] | undefined {
  const map = files.get('tablespace_map');
  if (map === undefined) return undefined;
  const text = Buffer.from(map).toString('latin1');
  return [...text.matchAll(/^([0-9]{1,10}) ./gm)].map((match) => Number(match[1]));
}

/** The names and page rules of a product, as formats. */
export function pageFormatOf(control: ControlFile): PageFormat {
  return control.family;
}

/** Sizes of pages and segment files in stock builds. */
export const usualBlockSizeBytes = 8192;
export const usualBlocksPerSegment = 131_072;

/** Why pages of this instance cannot be judged; undefined when they can. */
export function pagesNotJudged(control: ControlFile | undefined, format: 'plain' | 'tar'): Message | undefined {
  if (control === undefined) return say('verify.control-unreadable');
  if (control.dataChecksumVersion !== 1) return say('verify.checksums-off');
  const { blockSizeBytes: size, blocksPerSegment: blocks } = control;
  const isPossible = size >= 1024 && size <= 32_768 && (size & (size - 1)) === 0 && blocks > 0;
  // Archives are read in one pass, and pg_control comes last in them.
  const isUsual = size === usualBlockSizeBytes && blocks === usualBlocksPerSegment;
  return isPossible && (format === 'plain' || isUsual) ? undefined : say('verify.block-size', { size, blocks });
}
