import { release } from 'node:os';
import type { ByteString } from '../bytes/byte-string.ts';
import { BackupError } from '../errors/backup-error.ts';
import { tellsFailedWrites, type SyncMethod } from '../files/sync-file-system.ts';
import { Teller } from '../events/teller.ts';
import { say, type Message } from '../messages/message.ts';
import type { BaseBackupEvent } from '../replication/base-backup.ts';
import { configurationFiles } from '../replication/configuration-files.ts';
import { walSegmentSize } from '../replication/identify.ts';
import { fetchMotCheckpoint } from '../replication/mot-checkpoint.ts';
import type { ReplicationSession } from '../replication/open-session.ts';
import { startBaseBackup } from '../replication/start-base-backup.ts';
import { readMembers } from '../tar/read-members.ts';
import { formatLsn } from '../wal/lsn.ts';
import { segmentStart } from '../wal/segment.ts';
import type { BackupListener, BackupNews } from './events.ts';
import { abortable } from '../connection/abortable.ts';
import { adviceOf } from './advice.ts';
import { backupOnServer } from './backup-on-server.ts';
import { takeBackupOnThread } from './backup-thread.ts';
import { checkRoom } from './check-room.ts';
import { commandOf } from './command-of.ts';
import { configurationElsewhere, includedElsewhere, receivedFiles } from './configuration-elsewhere.ts';
import { readConfiguration, withOrigin, type ConfigurationEntry } from './configuration.ts';
import { createOutput, storesAsSent } from './create-output.ts';
import { extraFilesOf, withTablespaces } from './extra-files.ts';
import { MemberDelivery } from './member-delivery.ts';
import { checkOldManifest } from './old-manifest.ts';
import type { Output } from './output.ts';
import { motMembers } from './mot-members.ts';
import { PassingManifest } from './passing-manifest.ts';
import { connectSource, type ConnectedSource } from './connect-source.ts';
import type { OwnedSlot } from './owned-slot.ts';
import { hasOwnFileSystem } from './own-file-system.ts';
import { prepareSlotUse } from './slot-use.ts';
import { ProgressMeter } from './progress-meter.ts';
import { requireCodecs } from './required-codecs.ts';
import type { WalTask } from './receive-wal.ts';
import { SourcePassword } from './source-password.ts';
import { orderOf, type BackupOptions, type BackupRequest, type BackupResult, type LocalOrder } from './request.ts';
import { checkServerSettings, type WarningsFor } from './server-settings.ts';
import { sentContent } from './sent-content.ts';
import { standbyPartsOf, type StandbyParts } from './standby-parts.ts';
import { startOf } from './start-of.ts';
import { waitTold } from './wait-told.ts';
import { WalThread } from './wal-thread.ts';
import { WritingThread } from './writing-thread.ts';
import { walTask } from './wal-task.ts';
import { checkWalDirectory, directoriesOf } from './backup-directories.ts';
import { ClaimedPlaces } from './claimed-places.ts';

type Start = Extract<BaseBackupEvent, { type: 'start' }>;
type End = Extract<BaseBackupEvent, { type: 'end' }>;

/**
 * Takes a base backup of a running server. When it resolves, the backup is complete and (unless `sync` is false) durable.
 * When it rejects, what it wrote is gone (unless `clean` is false), a slot that it created is dropped (or named by the event `left`), and the server is out of backup mode.
 * @throws BackupError `TARGET_NOT_EMPTY`, `AUTHENTICATION` (see `needsPassword`), `SERVER_UNREACHABLE`, `WAL_MISSING`, `STORAGE_UNAVAILABLE`,
 * `USAGE` for what this server cannot do; ServerError
 */
export async function takeBackup(request: BackupRequest, options: BackupOptions = {}): Promise<BackupResult> {
  if (options.ownThread === true) return takeBackupOnThread(request, options);
  const order = orderOf(request);
  // A listener that throws ends the backup like a failure, wherever the event came from: a timer and the messages of
  // another thread have no caller that could catch it.
  const listenerFailure = new AbortController();
  const onEvent: BackupListener = (event) => {
    try {
      options.onEvent?.(event);
    } catch (error) {
      listenerFailure.abort(error);
    }
  };
  const signals = options.signal === undefined ? [] : [options.signal];
  const signal = AbortSignal.any([...signals, listenerFailure.signal]);
  const teller = new Teller<'backup', BackupNews>(onEvent);
  await requireCodecs(order);
  if (order.incrementalTo !== undefined) checkOldManifest(order.incrementalTo);
  const { output } = order;
  if (output.kind === 'server') return backupOnServer(order, output, { teller, signal });
  return keepBackup({ ...order, output }, { teller, signal });
}

async function keepBackup(
  order: LocalOrder,
  { teller, signal }: { readonly teller: Teller<'backup', BackupNews>; readonly signal: AbortSignal },
): Promise<BackupResult> {
  const workplace = new ClaimedPlaces();
  checkWalDirectory(order);
  for (const path of directoriesOf(order)) await ClaimedPlaces.check(path);
  const run = new BackupRun(order, workplace, teller, signal);
  try {
    return await run.perform();
  } catch (error) {
    // Before the WAL receiver is stopped, which makes it fail as well.
    const reason = run.reason(error);
    teller.enter('clean-up');
    await run.abandon();
    await workplace.discard({ clean: order.clean, tell: teller.tell });
    throw reason;
  }
}

/** What takes part in receiving a backup. */
interface Receiving {
  readonly output: Output;
  readonly manifest: PassingManifest;
  readonly delivery: MemberDelivery;
  readonly meter: ProgressMeter;
  readonly segmentSizeBytes: number;
  readonly configuration: readonly ConfigurationEntry[];
  readonly standby: StandbyParts;
  readonly warningsFor: WarningsFor;
}

/** One backup from its session to its publication. */
class BackupRun {
  readonly #request: LocalOrder;
  readonly #passwords = new SourcePassword();
  readonly #workplace: ClaimedPlaces;
  readonly #teller: Teller<'backup', BackupNews>;
  /** Aborts the backup when its caller does, and when the WAL receiver or the writing thread fails. */
  readonly #failure = new AbortController();
  readonly #signal: AbortSignal;
  #session: ReplicationSession | undefined;
  #output: Output | undefined;
  #wal: WalThread | undefined;
  #slot: OwnedSlot | undefined;
  #syncMethod: SyncMethod = 'fsync';

  constructor(
    request: LocalOrder,
    workplace: ClaimedPlaces,
    teller: Teller<'backup', BackupNews>,
    signal: AbortSignal,
  ) {
    this.#request = request;
    this.#workplace = workplace;
    this.#teller = teller;
    this.#signal = AbortSignal.any([signal, this.#failure.signal]);
  }

  async perform(): Promise<BackupResult> {
    const request = this.#request;
    const signal = this.#signal;
    const { tell } = this.#teller;
    this.#teller.enter('connect');
    const ownFiles = await this.#readConfiguration();
    const source = await connectSource(this.#passwords.sourcesOnce(request), { signal, tell });
    const { session } = source;
    this.#session = session;
    const segmentSizeBytes = await walSegmentSize(session.connection, session.capabilities, { signal });
    const warningsFor = await checkServerSettings(request, source, { signal, tell });
    this.#slot = await prepareSlotUse(request, source, { signal, tell });
    for (const path of directoriesOf(request)) await this.#workplace.claim(path);
    this.#chooseSyncMethod();
    const meter = new ProgressMeter(tell);
    const found = await configurationFiles(session.connection, session.capabilities, { signal });
    const { configDirectory } = request;
    const received = receivedFiles(request, session.capabilities, found);
    const { password } = this.#passwords.plain(source.settings);
    const known = typeof password === 'string' ? password : undefined;
    const standby = standbyPartsOf(request, session.capabilities, known);
    if (standby.warning !== undefined) tell({ type: 'warning', sentence: standby.warning });
    const parts = { session, meter, signal, files: this.#files(session), flushes: this.#flushes };
    const output = standby.around(await createOutput(request, parts));
    this.#output = output;
    const configuration =
      configDirectory === undefined ? [] : withOrigin(ownFiles, configDirectory, found, output.fileMode);
    const manifest = new PassingManifest({ request, session, configuration, received }, (text) =>
      output.writeManifest(text),
    );
    const delivery = new MemberDelivery({
      output,
      capabilities: session.capabilities,
      manifest,
      onFile: meter.endFile,
      signal,
    });
    const { start, end, checksumFailures } = await this.#receive(source, {
      output,
      manifest,
      delivery,
      meter,
      segmentSizeBytes,
      configuration,
      standby,
      warningsFor,
    });
    await this.#fetchMot(session, delivery);
    await session.connection.close();
    if (this.#wal !== undefined) {
      this.#step(say('backup.step-wal-wait'));
      await abortable(this.#wal.finished, signal);
    }
    this.#teller.enter('publish');
    await abortable(manifest.settled(), signal);
    manifest.finish(start, end);
    const held = await output.finish();
    if (request.sync && directoriesOf(request).length > 0) this.#step(say('backup.step-sync'));
    const isFlushed = (path: ByteString): boolean => output.isFlushed?.(path) ?? false;
    await this.#workplace.publish(held, { ...request, syncMethod: this.#syncMethod, signal, isFlushed });
    // From here on it is the user's.
    tell({ type: 'owed', sentence: undefined });
    this.#step(say('backup.step-complete'));
    return {
      startLsn: start.startLsn,
      endLsn: end.endLsn,
      timeline: end.timeline,
      systemIdentifier: session.system.systemIdentifier,
      receivedBytes: meter.doneBytes,
      checksumFailures,
      advice: adviceOf({
        capabilities: session.capabilities,
        output: request.output,
        tablespaces: start.tablespaces,
        missesFiles: source.missesFiles,
        elsewhere: configurationElsewhere({ found, received, entries: configuration, directory: configDirectory }),
        included: includedElsewhere(configuration, configDirectory),
        leftConfiguration: delivery.leftConfiguration,
      }),
    };
  }

  /** Before anything is asked of the server: what is on this host must be readable. */
  async #readConfiguration(): Promise<ConfigurationEntry[]> {
    const { configDirectory } = this.#request;
    if (configDirectory === undefined) return [];
    if (storesAsSent(this.#request)) {
      throw new BackupError('USAGE', say('backup.config-original'));
    }
    return readConfiguration(configDirectory, { signal: this.#signal });
  }

  /** Ends what is still under way, in an order that leaves nothing on the server. Never throws. */
  async abandon(): Promise<void> {
    this.#session?.connection.destroy();
    await this.#output?.abandon();
    await this.#wal?.abort();
    const left = await this.#slot?.drop((sentence) => this.#step(sentence));
    if (left !== undefined) this.#teller.tell({ type: 'left', sentence: left });
    this.#teller.tell({ type: 'owed', sentence: left });
  }

  /** The failure to report for `error`: that of the WAL receiver where it is what ended the backup. */
  reason(error: unknown): unknown {
    return this.#failure.signal.aborted ? this.#failure.signal.reason : error;
  }

  /** In-memory tables of openGauss: asked for last, because a server without them ends the session. */
  async #fetchMot(session: ReplicationSession, delivery: MemberDelivery): Promise<void> {
    const signal = this.#signal;
    const checkpoint = await fetchMotCheckpoint(session.connection, session.capabilities, { signal });
    if (checkpoint === undefined) return;
    this.#step(say('backup.step-mot'));
    const members = readMembers(checkpoint.content, session.capabilities.baseBackup.tarFormat, { signal });
    await delivery.more('mot', motMembers(members));
  }

  async #receive(
    { session, settings, missesFiles }: ConnectedSource,
    { output, manifest, delivery, meter, segmentSizeBytes, configuration, standby, warningsFor }: Receiving,
  ): Promise<{ start: Start; end: End; checksumFailures: boolean }> {
    const startWal = (): WalThread =>
      this.#startWal(
        walTask({
          request: this.#request,
          settings: this.#passwords.plain(settings),
          session,
          segmentSizeBytes,
          output,
        }),
      );
    const streams = this.#request.wal === 'stream';
    // Its slot keeps the server from removing WAL that the backup needs before the stream has begun. A slot that wants a
    // position (openGauss) can only be made afterwards, and there a session must not be kept waiting.
    if (streams && session.capabilities.slots.reservation !== 'position')
      await abortable(startWal().ready, this.#signal);
    this.#teller.enter('checkpoint');
    this.#step(say('backup.step-checkpoint'));
    let start: Start | undefined;
    let end: End | undefined;
    for await (const event of this.#events(session)) {
      switch (event.type) {
        case 'start': {
          start = event;
          this.#started(event);
          const tight = await checkRoom(this.#request, event.tablespaces, segmentSizeBytes);
          for (const sentence of [...warningsFor(event.tablespaces), ...tight]) {
            this.#teller.tell({ type: 'warning', sentence });
          }
          this.#teller.enter('copy');
          meter.begin(event.tablespaces, event.startLsn);
          const moved = await output.begin(event.tablespaces, this.#workplace, startOf(session, event));
          const { fileMode } = output;
          const ownFiles = withTablespaces(extraFilesOf(session.capabilities, missesFiles, fileMode), moved, fileMode);
          const extraFiles = [...ownFiles, ...standby.extraFiles(fileMode)];
          manifest.add(extraFiles);
          delivery.add(extraFiles, configuration);
          if (streams) {
            const startLsn = segmentStart(event.startLsn, segmentSizeBytes);
            (this.#wal ?? startWal()).begin({ startLsn, timeline: event.timeline });
          }
          break;
        }
        case 'archive':
          meter.beginTar(event.tablespace);
          await delivery.tar({
            ...event,
            content: meter.count(sentContent(event, { request: this.#request, output, signal: this.#signal })),
          });
          meter.endTar();
          break;
        case 'manifest':
          await manifest.receive(event.content);
          break;
        case 'end':
          end = event;
          this.#teller.enter('wal');
          meter.end(event.endLsn);
          this.#step(say('backup.step-end', { lsn: formatLsn(event.endLsn) }));
          this.#wal?.stopAt(output.walEnd?.(event.endLsn, segmentSizeBytes) ?? event.endLsn);
          break;
      }
    }
    if (start === undefined || end === undefined) throw new BackupError('PROTOCOL_VIOLATION', say('backup.incomplete'));
    return { start, end, checksumFailures: end.checksumFailure !== undefined };
  }

  #events(session: ReplicationSession): AsyncGenerator<BaseBackupEvent, void, undefined> {
    const { capabilities, connection } = session;
    return startBaseBackup(connection, capabilities, commandOf(this.#request, capabilities), {
      signal: this.#signal,
      onNotice: (notice) => this.#teller.tell({ type: 'notice', notice }),
      onWaiting: waitTold(this.#teller.tell),
    });
  }

  #started({ startLsn, timeline }: Start): void {
    this.#step(say('backup.step-checkpoint-done'));
    this.#step(say('backup.step-started', { lsn: formatLsn(startLsn), timeline }));
  }

  #startWal(task: WalTask): WalThread {
    this.#step(say('backup.step-wal'));
    const wal = new WalThread(task, {
      onStep: (sentence) => this.#step(sentence),
      onSlot: (creation) => {
        this.#slot?.note(creation);
        this.#teller.tell({ type: 'owed', sentence: this.#slot?.owed });
      },
    });
    wal.onFailure((error) => this.#fail(error));
    this.#wal = wal;
    return wal;
  }

  /** The files of the members, summed where the server makes no manifest. */
  #files({ capabilities }: ReplicationSession): WritingThread {
    const { manifest } = this.#request;
    const algorithm = capabilities.baseBackup.manifest ? undefined : manifest;
    const sync = this.#request.sync ? this.#syncMethod : undefined;
    return new WritingThread({ algorithm, sync }, (error) => this.#fail(error));
  }

  /** Where nobody said how: the whole file system where that concerns nobody else. */
  #chooseSyncMethod(): void {
    const { sync, syncMethod } = this.#request;
    const directories = directoriesOf(this.#request);
    const mayChoose =
      sync && syncMethod === undefined && directories.length > 0 && tellsFailedWrites(process.platform, release());
    const isOwn = mayChoose && directories.every((path) => hasOwnFileSystem(path));
    this.#syncMethod = syncMethod ?? (isOwn ? 'syncfs' : 'fsync');
    if (isOwn) this.#step(say('backup.step-syncfs'));
  }

  /** Whether each file is flushed where it is written. */
  get #flushes(): boolean {
    return this.#request.sync && this.#syncMethod === 'fsync';
  }

  /** Ends the backup for a failure beside it. */
  #fail(error: unknown): void {
    this.#failure.abort(error);
    this.#session?.connection.destroy();
  }

  #step(sentence: Message): void {
    this.#teller.tell({ type: 'step', sentence });
  }
}
