import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { checkRelations, differences, snapshotData, type Content } from '../test/support/postgres/content.ts';
import { startFrom, type PostgresServer } from '../test/support/postgres/server.ts';
import { checkWriting, type Writer } from '../test/support/postgres/writer.ts';

/** What a backup is compared with. */
export interface Source {
  readonly server: PostgresServer;
  readonly writers: readonly Writer[];
  /** What was loaded, and nobody wrote to. */
  readonly original: Content;
}

export interface Proof {
  /** Transactions that the server had reported as committed before the backup ended: each is there. */
  readonly promised: number;
  readonly relations: number;
}

/** Starts a server on a plain backup and compares its rows with what the original promised when the backup ended. @throws Error where one is missing */
export async function startExported(directory: string, { server, writers, original }: Source): Promise<Proof> {
  const end = backupEnd(directory);
  const copy = await startFrom(directory, { settings: { archive_mode: false } });
  const reader = await copy.client();
  const transfers = await checkWriting(reader);
  let promised = 0;
  for (const writer of writers) {
    const expected = await commitsUntil(server, writer, end);
    const found = transfers.get(writer.number) ?? 0;
    const name = `writer ${String(writer.number)}`;
    if (found < expected) throw new Error(`${name}: ${String(expected)} transfers expected, ${String(found)} found`);
    promised += expected;
  }
  const found = differences(original, withoutWriting(await snapshotData(reader)));
  if (found.length > 0) throw new Error(`the rows of the backup differ: ${found.join('; ')}`);
  return { promised, relations: await checkRelations(reader) };
}

/** The tables that nobody wrote to. */
export function withoutWriting({ tables, sequences }: Content): Content {
  const ofClients = /account|transfer|work_that_went_on/;
  return { tables: new Map([...tables].filter(([name]) => !ofClients.test(name))), sequences };
}

/** How many transfers were committed, on the server's word, before a position of its log. */
async function commitsUntil(server: PostgresServer, writer: Writer, end: string): Promise<number> {
  const positions = writer.commits.map(({ position }) => position);
  const query = 'select count(*) from unnest($1::pg_lsn[]) position where position <= $2';
  return Number(await server.value(query, { values: [positions, end] }));
}

/** The position in the write-ahead log where a backup ended, from its manifest. */
function backupEnd(backup: string): string {
  const text = readFileSync(join(backup, 'backup_manifest'), 'utf8');
  const { 'WAL-Ranges': ranges } = JSON.parse(text) as {
    readonly 'WAL-Ranges': readonly { readonly 'End-LSN': string }[];
  };
  const end = ranges.at(-1)?.['End-LSN'];
  if (end === undefined) throw new Error('the manifest does not say where the backup ended');
  return end;
}
