import { BackupError } from '../errors/backup-error.ts';
import { say } from '../messages/message.ts';
import { askSlot } from '../replication/ask-slot.ts';
import type { BackupNews } from './events.ts';
import type { ConnectedSource } from './connect-source.ts';
import { OwnedSlot } from './owned-slot.ts';
import type { BackupOrder } from './request.ts';

/**
 * Looks at a named slot before anything is done with it: refuses one that another receiver uses where the server would
 * share it, and takes note of whether one that is to be created is there already, so that it can be told whose it is.
 * @returns the slot that this run is about to create and then owns
 * @throws BackupError `LOCKED`
 */
export async function prepareSlotUse(
  { slot, wal }: BackupOrder,
  { session, settings }: ConnectedSource,
  { signal, tell }: { readonly signal: AbortSignal; readonly tell: (news: BackupNews) => void },
): Promise<OwnedSlot | undefined> {
  if (slot.kind !== 'named' || wal !== 'stream') return undefined;
  const { name, create } = slot;
  if (!create && !session.capabilities.slots.shared) return undefined;
  const { exists, active } = await askSlot(session, settings, name, { signal });
  if (create) {
    const wasMissing = exists === undefined ? undefined : !exists;
    const place = { ...settings, replicationPort: session.endpoint.port };
    return new OwnedSlot({ settings: place, systemIdentifier: session.system.systemIdentifier, name, wasMissing });
  }
  if (active === true) {
    throw new BackupError('LOCKED', say('backup.slot-in-use', { slot: name }), {
      hint: say('backup.slot-in-use.hint'),
      retryable: true,
    });
  }
  if (exists === undefined) tell({ type: 'warning', sentence: say('backup.slot-not-asked', { slot: name }) });
  return undefined;
}
