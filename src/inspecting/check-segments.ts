import { BackupError } from '../errors/backup-error.ts';
import { say, type Message } from '../messages/message.ts';
import type { ArchiveIdentity } from '../wal-archive/archive-identity.ts';
import { readReceipt, segmentBase } from '../wal-archive/archive-wal.ts';
import { isNamedRight } from '../wal-archive/segment-head.ts';
import { suffixOf } from '../wal-archive/codec.ts';
import { findFork, type Receipt, type SegmentLinks } from '../wal-archive/receipt.ts';
import { readSegmentFolder, type FoundSegment } from '../wal-archive/segment-folder.ts';
import { findFormProblem } from '../survey/read-segment.ts';
import { parseWalFileName, segmentAt } from '../wal-archive/wal-file-name.ts';
import { readStored } from '../wal-archive/wal-object.ts';
import type { ReadWalOptions } from '../wal-archive/wal-source.ts';
import type { Storage, StorageOptions } from '../storage/storage.ts';
import type { Findings } from './finding.ts';

/** Receipts that are read at the same time. */
const atOnce = 16;

/** The last segment that was looked at, for the next one to link to. */
export interface SegmentBefore {
  readonly name: string;
  readonly links: SegmentLinks | undefined;
}

export interface SegmentsToCheck {
  readonly storage: Storage;
  readonly identity: ArchiveIdentity;
  readonly generation: number;
  /** `generations/N/wal/TTTTTTTTXXXXXXXX/` */
  readonly folder: string;
  readonly before: SegmentBefore | undefined;
}

/** Reads the receipts of a folder and compares them with what is listed, and with each other. @returns the last segment of it */
export async function checkSegments(
  archive: SegmentsToCheck,
  findings: Findings,
  options: StorageOptions,
): Promise<SegmentBefore | undefined> {
  const { storage, folder } = archive;
  const listed = await readSegmentFolder(storage, folder, {
    ...options,
    onObject: (object) => findings.listed({ ...object, name: `wal/${object.name}` }),
  });
  for (const name of listed.unknown) {
    findings.warn(
      `wal/${name}`,
      say('repo-check.stranger', { name: `wal/${name}` }),
      say('repo-check.stranger.action'),
    );
  }
  const segments = [...listed.segments.values()];
  let { before } = archive;
  for (let at = 0; at < segments.length; at += atOnce) {
    const some = segments.slice(at, at + atOnce);
    const answers = await Promise.all(some.map((found) => read(archive, found, options)));
    for (const [index, found] of some.entries()) {
      const answer = answers[index];
      const receipt = await checkSegment(archive, { ...found, answer }, findings, options);
      if (receipt === undefined || found.name.endsWith('.partial')) continue;
      checkLink(archive, before, receipt, findings);
      before = receipt;
    }
  }
  return before;
}

/** The receipt, or why it cannot be read. */
type Answer = Receipt | BackupError | undefined;

async function read(
  { storage, generation }: SegmentsToCheck,
  { name, receipt }: FoundSegment,
  options: StorageOptions,
): Promise<Answer> {
  if (receipt === undefined) return undefined;
  return readReceipt(storage, generation, name, options).catch((error: unknown) => {
    if (error instanceof BackupError) return error;
    throw error;
  });
}

/** Undefined: there is no receipt that can be read. */
async function checkSegment(
  archive: SegmentsToCheck,
  { name, data, index, answer }: FoundSegment & { readonly answer: Answer },
  findings: Findings,
  options: StorageOptions,
): Promise<Receipt | undefined> {
  const { storage, generation } = archive;
  const base = segmentBase(generation, name);
  const object = `wal/${base}`;
  if (answer instanceof BackupError) {
    findings.lookedAt.receipts += 1;
    const hint = answer.code === 'CORRUPT' ? answer.hint : undefined;
    findings.unreadable(`${object}.receipt`, answer, hint ?? say('repo-check.put-back.action'));
    if (answer.code === 'CORRUPT') await checkWithoutReceipt(archive, { name, data }, findings, options);
    return undefined;
  }
  const receipt = answer;
  if (receipt === undefined) {
    if (data.length > 0) {
      const isSound = await checkWithoutReceipt(archive, { name, data }, findings, options);
      if (isSound) findings.note(object, say('repo-check.no-receipt', { name }));
    } else if (index !== undefined) findings.note(object, say('repo-check.index-alone', { name }));
    return undefined;
  }
  findings.lookedAt.receipts += 1;
  const stored = base + suffixOf(receipt.codec);
  const there = data.find((one) => one.name === stored) ?? (await storage.stat(stored, options));
  if (there?.sizeBytes === receipt.storedBytes) return receipt;
  // A cleanup removes the receipt first.
  if ((await readReceipt(storage, generation, name, options)) === undefined) return undefined;
  const what =
    there === undefined
      ? say('archive.receipt-alone', { name: stored })
      : say('archive.wrong-size', { name: stored, actual: there.sizeBytes, expected: receipt.storedBytes });
  findings.damage(`wal/${stored}`, what, say('repo-check.segment.action'));
  return receipt;
}

/**
 * Whether what a reader would take for a segment without a receipt can be that: by its size, and its first page. Says what is wrong with it
 * where there is no other.
 */
async function checkWithoutReceipt(
  { storage, identity }: SegmentsToCheck,
  { name, data }: Pick<FoundSegment, 'name' | 'data'>,
  findings: Findings,
  options: StorageOptions,
): Promise<boolean> {
  const file = parseWalFileName(name);
  const limitBytes = identity.segmentSizeBytes;
  const wrong: { readonly stored: string; readonly what: Message }[] = [];
  for (const { name: stored, codec, sizeBytes: storedBytes } of data) {
    if (file === undefined) continue;
    const read = (how?: ReadWalOptions) =>
      readStored({ storage, storedName: stored, codec, receipt: undefined, limitBytes }, how);
    const isUnsound = !(await isNamedRight({ file, read }, identity, options));
    const what = findFormProblem({ file, codec, storedName: stored, storedBytes, isUnsound }, limitBytes);
    if (what === undefined) return true;
    wrong.push({ stored, what });
  }
  for (const { stored, what } of wrong) findings.damage(`wal/${stored}`, what, say('repo-check.segment.action'));
  return wrong.length === 0;
}

/** Whether a segment goes on where the one before it ends, if that is there. */
function checkLink(
  { identity }: SegmentsToCheck,
  before: SegmentBefore | undefined,
  next: Receipt,
  findings: Findings,
): void {
  if (before === undefined || segmentAt(before.name, 1, identity.segmentSizeBytes) !== next.name) return;
  if (findFork(before.links, next.links) === undefined) return;
  const words = { before: before.name, after: next.name };
  findings.damage(next.name, say('repo-check.fork', words), say('repo-check.fork.action'));
}
