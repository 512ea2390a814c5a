import type { Teller } from '../events/teller.ts';
import { BackupError } from '../errors/backup-error.ts';
import { say } from '../messages/message.ts';
import type { BaseBackupEvent } from '../replication/base-backup.ts';
import { startBaseBackup } from '../replication/start-base-backup.ts';
import { formatLsn } from '../wal/lsn.ts';
import { commandOf } from './command-of.ts';
import { connectSource } from './connect-source.ts';
import type { BackupNews } from './events.ts';
import { ProgressMeter } from './progress-meter.ts';
import type { BackupOrder, BackupResult, BackupTarget } from './request.ts';
import { SourcePassword } from './source-password.ts';
import { waitTold } from './wait-told.ts';

type ServerTarget = Extract<BackupTarget, { kind: 'server' }>;

/**
 * Has the server take a backup that stays with it (`server`), or that goes nowhere (`blackhole`). Nothing of it is seen here, so
 * that nothing of it is checked: the result says so.
 * @throws BackupError `USAGE` before PostgreSQL 15 and for streamed WAL; ServerError for a target that the server does not know
 */
export async function backupOnServer(
  order: BackupOrder,
  { name, detail }: ServerTarget,
  { teller, signal }: { readonly teller: Teller<'backup', BackupNews>; readonly signal: AbortSignal },
): Promise<BackupResult> {
  if (order.wal === 'stream') throw new BackupError('USAGE', say('backup.target-streams'));
  if (order.standby) throw new BackupError('USAGE', say('backup.target-standby'));
  const { tell } = teller;
  teller.enter('connect');
  const { session } = await connectSource(new SourcePassword().sourcesOnce(order), { signal, tell });
  const { connection, capabilities, system } = session;
  try {
    const meter = new ProgressMeter(tell);
    let start: Extract<BaseBackupEvent, { type: 'start' }> | undefined;
    let end: Extract<BaseBackupEvent, { type: 'end' }> | undefined;
    teller.enter('checkpoint');
    tell({ type: 'step', sentence: say('backup.step-checkpoint') });
    const command = { ...commandOf(order, capabilities), target: { name, detail }, tablespaceMap: true };
    const events = startBaseBackup(connection, capabilities, command, {
      signal,
      onNotice: (notice) => tell({ type: 'notice', notice }),
      onWaiting: waitTold(tell),
      onProgress: meter.countedByServer,
    });
    for await (const event of events) {
      switch (event.type) {
        case 'start':
          start = event;
          tell({ type: 'step', sentence: say('backup.step-checkpoint-done') });
          tell({
            type: 'step',
            sentence: say('backup.step-started', { lsn: formatLsn(event.startLsn), timeline: event.timeline }),
          });
          teller.enter('copy');
          meter.begin(event.tablespaces, event.startLsn);
          break;
        case 'archive':
          meter.beginTar(event.tablespace);
          await drain(event.content);
          meter.endTar();
          break;
        case 'manifest':
          await drain(event.content);
          break;
        case 'end':
          end = event;
          teller.enter('wal');
          meter.end(event.endLsn);
          tell({ type: 'step', sentence: say('backup.step-end', { lsn: formatLsn(event.endLsn) }) });
      }
    }
    if (start === undefined || end === undefined) throw new BackupError('PROTOCOL_VIOLATION', say('backup.incomplete'));
    await connection.close();
    tell({ type: 'step', sentence: say('backup.step-complete') });
    return {
      startLsn: start.startLsn,
      endLsn: end.endLsn,
      timeline: end.timeline,
      systemIdentifier: system.systemIdentifier,
      receivedBytes: 0,
      checksumFailures: end.checksumFailure !== undefined,
      advice: name === 'server' && detail !== undefined ? [say('backup.kept-by-server', { directory: detail })] : [],
    };
  } catch (error) {
    connection.destroy();
    throw error;
  }
}

/** A frame for each tar comes, with nothing in it. */
async function drain(content: AsyncIterable<Uint8Array>): Promise<void> {
  for await (const piece of content) {
    if (piece.length > 0) throw new BackupError('PROTOCOL_VIOLATION', say('backup.target-content'));
  }
}
