import { fetchedWalFinding, isStandbyName, standbyNamesFinding } from '../checks/replication-checks.ts';
import { ServerError } from '../connection/server-error.ts';
import { say, type Message } from '../messages/message.ts';
import type { TablespaceRow } from '../replication/base-backup.ts';
import { showSetting } from '../replication/identify.ts';
import { sessionName } from '../replication/open-session.ts';
import { examinationOf } from '../server/examination.ts';
import type { ConnectedSource } from './connect-source.ts';
import type { BackupNews } from './events.ts';
import type { LocalOrder } from './request.ts';

/** What is to be warned of when the size is known. */
export type WarningsFor = (tablespaces: readonly TablespaceRow[]) => readonly Message[];

/**
 * Asks over the session of the backup what the server is set to, as far as the backup depends on that, and warns. Nothing where it tells nothing in a replication
 * session, or not this role.
 * @throws BackupError where the connection breaks
 */
export async function checkServerSettings(
  order: LocalOrder,
  { session, settings }: ConnectedSource,
  { signal, tell }: { readonly signal: AbortSignal; readonly tell: (news: BackupNews) => void },
): Promise<WarningsFor> {
  const { connection, capabilities, identity } = session;
  const show = async (name: string): Promise<string | undefined> => {
    try {
      return capabilities.show ? await showSetting(connection, name, { signal }) : undefined;
    } catch (error) {
      if (error instanceof ServerError) return undefined;
      throw error;
    }
  };
  const usesSlot =
    order.slot.kind === 'default' ? capabilities.slots.usedByDefault !== 'none' : order.slot.kind !== 'none';
  // Without a slot nothing is told of what is on disk here, and then nobody waits for it.
  const names = order.wal === 'stream' && usesSlot ? await show('synchronous_standby_names') : undefined;
  const own = sessionName(settings);
  if (names !== undefined && isStandbyName(names, own)) {
    tell({ type: 'warning', sentence: asWarning(standbyNamesFinding(names, own)) });
  }
  if (order.wal !== 'fetch') return () => [];
  const { name } = examinationOf(identity).walKeep;
  const [kept, checkpointSeconds] = [await show(name), secondsOf(await show('checkpoint_timeout'))];
  // With a unit behind it something is kept.
  if (kept !== '0' || checkpointSeconds === undefined) return () => [];
  const limitBytes = order.maxRateKib === undefined ? undefined : order.maxRateKib * 1024;
  return (tablespaces) => {
    // 0 where the server did not tell its size.
    const sizeBytes = tablespaces.reduce((sum, { sizeKib = 0n }) => sum + Number(sizeKib) * 1024, 0);
    const finding = fetchedWalFinding({ name, keptBytes: 0, sizeBytes, limitBytes, checkpointSeconds });
    return finding === undefined ? [] : [asWarning(finding)];
  };
}

const unitSeconds: Readonly<Record<string, number>> = { ms: 0.001, s: 1, min: 60, h: 3600, d: 86_400 };

/** Of a setting such as `5min`. */
function secondsOf(text: string | undefined): number | undefined {
  const match = /^(\d{1,9})(ms|s|min|h|d)$/.exec(text ?? '');
  const unit = unitSeconds[match?.[2] ?? ''];
  return match === null || unit === undefined ? undefined : Number(match[1]) * unit;
}

function asWarning({ what, why }: { readonly what: Message; readonly why?: Message | undefined }): Message {
  return why === undefined ? what : say('doctor.told', { what, why });
}
