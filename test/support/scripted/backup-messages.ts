import {
  commandComplete,
  copyData,
  copyOutResponse,
  cstring,
  dataRow,
  readyForQuery,
  rowDescription,
} from './messages.ts';

/** Result sets and framed archives of BASE_BACKUP, PostgreSQL 10 to 18. Source: its documentation, "Streaming Replication Protocol". */

export function identifySystem(systemId: string, timeline: number, position: string): Buffer {
  return Buffer.concat([
    rowDescription([
      { name: 'systemid', oid: 25 },
      { name: 'timeline', oid: 20 },
      { name: 'xlogpos', oid: 25 },
      { name: 'dbname', oid: 25 },
    ]),
    dataRow([systemId, String(timeline), position, null]),
    commandComplete('IDENTIFY_SYSTEM'),
    readyForQuery(),
  ]);
}

/** Answer to `SHOW name`. */
export function setting(name: string, value: string): Buffer {
  return Buffer.concat([
    rowDescription([{ name, oid: 25 }]),
    dataRow([value]),
    commandComplete('SHOW'),
    readyForQuery(),
  ]);
}

/** Start or end position. */
export function position(lsn: string, timeline: number): Buffer {
  return Buffer.concat([
    rowDescription([
      { name: 'recptr', oid: 25 },
      { name: 'tli', oid: 20 },
    ]),
    dataRow([lsn, String(timeline)]),
    commandComplete('SELECT'),
  ]);
}

/** Rows of oid, location, size; the data directory is the row of nulls. */
export function tablespaceList(rows: readonly (readonly [string | null, string | null, string | null])[]): Buffer {
  return Buffer.concat([
    rowDescription([
      { name: 'spcoid', oid: 26 },
      { name: 'spclocation', oid: 25 },
      { name: 'size', oid: 20 },
    ]),
    ...rows.map((row) => dataRow(row)),
    commandComplete('SELECT'),
  ]);
}

/** Frames of the one copy of 15 and later. */
export const frame = {
  open: copyOutResponse,
  /** A new archive: file name and tablespace path (empty for the data directory). */
  archive: (name: string, path: string): Buffer => copyData(Buffer.from('n'), cstring(name), cstring(path)),
  data: (bytes: Uint8Array): Buffer => copyData(Buffer.from('d'), bytes),
  manifest: (): Buffer => copyData(Buffer.from('m')),
  progress: (bytes: bigint): Buffer => {
    const count = Buffer.alloc(8);
    count.writeBigInt64BE(bytes);
    return copyData(Buffer.from('p'), count);
  },
} as const;
