import type { ByteSource } from '../bytes/byte-reader.ts';
import { say } from '../messages/message.ts';
import type { BackupAnswer } from './backup-answer.ts';

/** The server takes a message as a whole; the original sends 64 KiB. */
const pieceBytes = 64 * 1024;

/**
 * Gives the server the manifest of an earlier backup, which the BASE_BACKUP that follows on this connection builds on. Nothing
 * but one piece is held. What is wrong with the manifest, the server says.
 * @throws ServerError
 */
export async function uploadManifest(answer: BackupAnswer, manifest: ByteSource): Promise<void> {
  const { connection } = answer;
  await connection.send('UPLOAD_MANIFEST', { signal: answer.signal });
  const begin = await answer.receive();
  if (begin.type !== 'CopyInResponse') throw refused(answer, begin);
  for await (const piece of manifest) {
    for (let position = 0; position < piece.length; position += pieceBytes) {
      const early = answer.receiveNow();
      // It has seen enough.
      if (early !== undefined) throw refused(answer, early);
      await connection.sendCopyData(piece.subarray(position, position + pieceBytes));
    }
  }
  await connection.sendCopyDone();
  const end = await answer.receive();
  if (end.type !== 'CommandComplete') throw refused(answer, end);
  const ready = await answer.receive();
  if (ready.type !== 'ReadyForQuery') throw refused(answer, ready);
}

function refused(answer: BackupAnswer, message: Awaited<ReturnType<BackupAnswer['receive']>>): Error {
  return answer.failure(message, 'replication.failed-manifest', say('protocol.phase.manifest-upload'));
}
