/** Lines by which a server knows an incremental backup, which it refuses to start from. */
const incrementalLine = /^INCREMENTAL FROM (?:LSN|TLI): .*\n/gm;

/** The backup label of an incremental backup for the directory in which it was put on top of what it builds on. */
export function wholeLabel(label: Uint8Array): Buffer {
  // Byte by byte: the name of a backup need not be UTF-8.
  return Buffer.from(Buffer.from(label).toString('latin1').replace(incrementalLine, ''), 'latin1');
}
