import { join } from 'node:path';
import { expect } from 'vitest';
import { parseLsn, type Lsn } from '../../src/index.ts';
import { defaultSegmentSizeBytes, parseSegmentName, segmentStart } from '../../src/wal/segment.ts';
import type { PostgresServer } from './postgres/server.ts';
import { hashOf, segmentNames } from './watched-receiver.ts';

/** Ends a segment behind a little WAL. @returns its end */
export async function endSegment(server: PostgresServer): Promise<Lsn> {
  await server.sql(
    "create table if not exists filler(t text); insert into filler select repeat('x', 500) from generate_series(1, 300)",
  );
  await server.sql('select pg_switch_wal()');
  return segmentStart(parseLsn(await server.value('select pg_current_wal_lsn()')), defaultSegmentSizeBytes);
}

/** Whole segments that were received are those of the server. @param timeline as names begin; those of another are left aside */
export function expectSameAsServer(directory: string, server: PostgresServer, timeline = '00000001', from?: Lsn): void {
  const names = segmentNames(directory).filter((name) => {
    const start = parseSegmentName(name, defaultSegmentSizeBytes)?.startLsn;
    return name.startsWith(timeline) && start !== undefined && (from === undefined || start >= from);
  });
  expect(names.length).toBeGreaterThan(0);
  for (const name of names) {
    expect(hashOf(join(directory, name)), name).toBe(hashOf(join(server.dataDirectory, 'pg_wal', name)));
  }
}
