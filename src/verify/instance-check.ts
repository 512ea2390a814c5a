import { fromBytes, type ByteString } from '../bytes/byte-string.ts';
import { requireVersion } from '../content/backup-identity.ts';
import { BackupError, reasonFor } from '../errors/backup-error.ts';
import { companionFileName, decodeCompanion } from '../manifest/companion.ts';
import { configOriginName, decodeConfigOrigin } from '../manifest/config-origin.ts';
import type { Manifest } from '../manifest/manifest.ts';
import { say, type Message } from '../messages/message.ts';
import type { PageFormat } from '../pages/page-file.ts';
import { formatLsn } from '../wal/lsn.ts';
import { parseBackupLabel, statesTimeline, type BackupLabel } from '../wal/backup-label.ts';
import { familyOfTar } from '../server/tar-family.ts';
import { readControlFile, type ControlFile } from '../server/control-file.ts';
import { restoreRulesOf, type RestoreRules } from '../server/restore-rules.ts';
import type { TarFormat } from '../tar/member.ts';
import type { Findings } from './findings.ts';
import type { IgnoredPaths } from './ignored-paths.ts';
import type { InstanceFileName, InstanceFiles } from './instance-files.ts';

export interface InstanceFacts {
  readonly control: ControlFile | undefined;
  readonly label: BackupLabel | undefined;
  readonly rules: RestoreRules;
}

export interface InstanceCheck {
  readonly files: InstanceFiles;
  readonly manifest: Manifest | undefined;
  readonly ignored: IgnoredPaths;
  readonly findings: Findings;
  /** There, and not to be read, which is found by name where it is tried. */
  readonly unreadable?: ReadonlySet<InstanceFileName> | undefined;
  /** How pg_control is named in findings. */
  readonly controlPath: string;
  /** The header format of the archives; `tar` for a plain backup. */
  readonly format: TarFormat;
  /** False: names and sizes only. */
  readonly readsContent: boolean;
}

/** Reads pg_control, backup_label and gausskeep.json, and compares the identity with the manifest's. */
export function checkInstance(check: InstanceCheck): InstanceFacts {
  checkCompanion(check);
  checkOrigin(check);
  if (check.files.get('PG_VERSION') === undefined && isToBeReported(check, 'PG_VERSION')) {
    check.findings.damage(say('verify.version-missing'));
  }
  const control = checkControl(check);
  const label = checkLabel(check);
  if (label?.incrementalFrom !== undefined) {
    const { lsn, timeline } = label.incrementalFrom;
    check.findings.warning(say('verify.incremental', { lsn: formatLsn(lsn), timeline }));
  }
  return { control, label, rules: rulesOf(check, control) };
}

/** What a restore would hold to. */
function rulesOf({ files, format }: InstanceCheck, control: ControlFile | undefined): RestoreRules {
  const version = files.get('PG_VERSION');
  const family = familyOfTar({ format, versionFile: version && fromBytes(version) }) ?? control?.family;
  return restoreRulesOf(family, statesTimeline(files.get('backup_label')));
}

/** What PG_VERSION says, where it is there: content, which is judged behind names and sizes. */
export function checkVersion({ files, findings, readsContent, ignored }: InstanceCheck): void {
  const bytes = files.get('PG_VERSION');
  if (bytes === undefined || !readsContent || ignored.has('PG_VERSION' as ByteString)) return;
  try {
    requireVersion(bytes);
  } catch (error) {
    findings.fault(error);
  }
}

/** Whether nobody else says that a file is missing: where the manifest lists it, its absence is found by name already. */
function isToBeReported(
  { manifest, ignored, unreadable }: Pick<InstanceCheck, 'manifest' | 'ignored' | 'unreadable'>,
  name: InstanceFileName,
): boolean {
  const path = name as ByteString;
  return unreadable?.has(name) !== true && !ignored.has(path) && manifest?.files.has(path) !== true;
}

function checkControl({
  files,
  manifest,
  ignored,
  unreadable,
  findings,
  controlPath,
}: InstanceCheck): ControlFile | undefined {
  if (ignored.has('global/pg_control' as never)) return undefined;
  const bytes = files.get('global/pg_control');
  if (bytes === undefined) {
    if (isToBeReported({ manifest, ignored, unreadable }, 'global/pg_control'))
      findings.damage(say('verify.control-missing'));
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
  const kind = error instanceof BackupError ? error.kind : undefined;
  if (kind === 'control-checksum') return say('verify.control-crc', { path });
  if (kind === 'control-version') return say('verify.control-version', { path });
  return say('verify.control-damaged', { path, reason: reasonFor(error) });
}

function checkLabel({ files, manifest, ignored, unreadable, findings }: InstanceCheck): BackupLabel | undefined {
  if (ignored.has('backup_label' as never)) return undefined;
  const bytes = files.get('backup_label');
  if (bytes === undefined) {
    if (isToBeReported({ manifest, ignored, unreadable }, 'backup_label')) findings.damage(say('verify.label-missing'));
    return undefined;
  }
  try {
    return parseBackupLabel(Buffer.from(bytes).toString('utf8'));
  } catch (error) {
    findings.damage(say('verify.label-damaged', { reason: reasonFor(error) }));
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

/** Configuration from outside of the data directory says where it was: a restore puts it into its place by that. */
function checkOrigin({ files, findings }: InstanceCheck): void {
  const bytes = files.get(configOriginName);
  if (bytes === undefined) return;
  try {
    decodeConfigOrigin(bytes);
  } catch (error) {
    if (!(error instanceof BackupError)) throw error;
    findings.damage(error.sentence);
  }
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
