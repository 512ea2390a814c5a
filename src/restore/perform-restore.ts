import { existsSync, lstatSync } from 'node:fs';
import { display, type ByteString } from '../bytes/byte-string.ts';
import { onePiece } from '../bytes/one-piece.ts';
import type { HeldControlFile } from '../content/held-control-file.ts';
import { BackupError } from '../errors/backup-error.ts';
import { callReason } from '../errors/system-failure.ts';
import { Teller } from '../events/teller.ts';
import type { Owner } from '../files/directory-owner.ts';
import { revealFile } from '../files/held-file.ts';
import { giveTree } from '../files/give-tree.ts';
import { lockDirectory } from '../files/lock-directory.ts';
import { fsPath, joinPath } from '../files/path.ts';
import { syncPlaces } from '../files/sync-places.ts';
import { syncDirectory, syncTree } from '../files/sync-tree.ts';
import { say, type Message } from '../messages/message.ts';
import { readControlFile } from '../server/control-file.ts';
import { encodeRecoveryRecord, nothingPromised, recoveryRecordName } from '../server/recovery-record.ts';
import { Copiers } from './copiers.ts';
import type { ConfigurationOutcome } from './configure.ts';
import type { RestoreListener, RestoreNews } from './events.ts';
import type { PreparedRestore } from './prepare-restore.ts';
import { checkLinks, removeForeignLinks } from './links.ts';
import { isOursInRestore, removeMarker, writeMarker } from './marker.ts';
import { hasOldCopiesOnly, moveAside, type MovedContent } from './move-aside.ts';
import { writeNewManifest } from './new-manifest.ts';
import type { MovedAside, RestorePlan } from './plan.ts';
import { brokenBehind } from './plan-sentences.ts';
import type { ReceiveBackup } from './receive-backup.ts';
import { receiveChain, type Received } from './receive-chain.ts';
import { RestoreTrees } from './restore-trees.ts';
import { refuseRunningServer } from './running-server.ts';
import { removeReplayedTwoPhase } from './two-phase.ts';
import { RestoreTarget } from './restore-target.ts';
import { writeConfiguration } from './write-configuration.ts';

export interface RestoreOptions {
  readonly signal?: AbortSignal | undefined;
  readonly onEvent?: RestoreListener | undefined;
  /** Where the process table is; a test has its own. */
  readonly procRoot?: string | undefined;
}

export interface RestoreResult {
  readonly plan: RestorePlan;
  readonly movedAside: readonly MovedAside[];
  readonly files: number;
  readonly bytes: number;
  /** Files of a delta that were the same already. */
  readonly unchanged: number;
  /** Entries of a delta that the backup does not have. */
  readonly removed: number;
  /** Files of the backup that must not be in a restored directory. */
  readonly dropped: readonly ByteString[];
  /** Replication slots of the backup, which are not restored. */
  readonly slots: readonly ByteString[];
  readonly configuration: ConfigurationOutcome;
  readonly systemIdentifier: bigint;
  /** What has to be read: the restored copy lacks something or cannot be started as it is. */
  readonly warnings: readonly Message[];
}

/**
 * Carries out a prepared restore. pg_control gets its name when everything else is there and durable: an aborted restore
 * cannot be started. A failed one leaves nothing behind and puts back what was moved aside; a failed delta leaves what it
 * has done, without pg_control, and can be run again.
 * @throws BackupError `CORRUPT` for a backup that is damaged or hostile; `TARGET_NOT_EMPTY`, `LOCKED`, `STORAGE_UNAVAILABLE`
 */
export async function performRestore(prepared: PreparedRestore, options: RestoreOptions = {}): Promise<RestoreResult> {
  const { plan } = prepared;
  const { signal = new AbortController().signal, onEvent, procRoot } = options;
  signal.throwIfAborted();
  if (plan.ownWal?.kind === 'unread') throw new BackupError('USAGE', say('restore-recovery.quick-only'));
  const teller = new Teller<'restore', RestoreNews>(onEvent);
  teller.enter('prepare');
  // It may have been started since the plan was made.
  await refuseRunningServer(plan.directory, { stopCommand: plan.source.rules.stopCommand, procRoot });
  let moved: MovedContent | undefined;
  const workplace = new RestoreTarget();
  try {
    if (plan.mode === 'replace') {
      // Another run that fills the directory must not lose it under its feet.
      for (const { from } of plan.movedAside) lockDirectory(from).release();
      moved = moveAside(plan.movedAside);
    }
    for (const one of moved?.moved ?? []) teller.tell({ type: 'step', sentence: movedSentence(one) });
    await takePlaces(plan, workplace, moved?.moved ?? []);
    const restoring = new Restoring(prepared, workplace, teller, signal);
    const result = await restoring.run();
    return { ...result, movedAside: moved?.moved ?? [] };
  } catch (error) {
    teller.enter('clean-up');
    await workplace.discard();
    const left = moved?.undo() ?? [];
    for (const { from, to } of moved?.moved ?? []) {
      if (left.some((one) => one.to === to)) continue;
      teller.tell({ type: 'step', sentence: say('restore.moved-back', { from: display(from), to: display(to) }) });
    }
    for (const { from, to } of left) {
      teller.tell({
        type: 'warning',
        sentence: say('restore.not-moved-back', { from: display(from), to: display(to) }),
      });
    }
    throw error;
  }
}

function movedSentence({ from, to }: MovedAside): Message {
  return say('restore.moved', { from: display(from), to: display(to) });
}

async function takePlaces(plan: RestorePlan, workplace: RestoreTarget, moved: readonly MovedAside[]): Promise<void> {
  const take = async (path: ByteString): Promise<void> => {
    const sharing = moved.find(({ from, how }) => from === path && how === 'entries');
    const isShared = existsSync(fsPath(path)) && hasOldCopiesOnly(path, isOursInRestore);
    if (sharing !== undefined || (plan.mode === 'replace' && isShared)) {
      workplace.share(path, (name) => name === 'lost+found' || name.startsWith('gausskeep.before-restore-'));
    } else if (plan.mode === 'delta' && existsSync(fsPath(path))) workplace.hold(path);
    else await workplace.claim(path, plan.owner);
  };
  await take(plan.directory);
  for (const { directory, isInside } of plan.tablespaces) if (!isInside) await take(directory);
}

class Restoring {
  readonly #plan: RestorePlan;
  readonly #prepared: PreparedRestore;
  readonly #workplace: RestoreTarget;
  readonly #teller: Teller<'restore', RestoreNews>;
  readonly #signal: AbortSignal;
  readonly #warnings: Message[] = [];
  /** As the backup that was received last fills them. */
  #trees: RestoreTrees;

  constructor(
    prepared: PreparedRestore,
    workplace: RestoreTarget,
    teller: Teller<'restore', RestoreNews>,
    signal: AbortSignal,
  ) {
    const { plan } = prepared;
    this.#prepared = prepared;
    this.#plan = plan;
    this.#workplace = workplace;
    this.#teller = teller;
    this.#signal = signal;
    this.#trees = new RestoreTrees(plan);
  }

  async run(): Promise<Omit<RestoreResult, 'movedAside'>> {
    const plan = this.#plan;
    await this.#begin();
    const { sink: received, bytes } = await this.#receive();
    const removed = plan.mode === 'delta' ? await this.#removeUnlisted() : 0;
    await this.#makeLinks();
    const control = received.control ?? Buffer.alloc(0);
    const { systemIdentifier, limits } = readControlFile(control);
    const { recovery } = this.#prepared.request;
    const configuration = await writeConfiguration(this.#plan, received, {
      base: this.#trees.base,
      limits: recovery?.archiveRecovery === true ? limits : undefined,
    });
    const { archiving } = plan.configuration;
    const archiveCommand = configuration.archiveCommand && display(configuration.archiveCommand);
    await recovery?.prepare(plan.directory, {
      controlFile: received.held.path,
      moved: plan.movedAside,
      signal: this.#signal,
      hotStandby: configuration.hotStandby,
      archiving,
      archiveCommand,
    });
    if (recovery === undefined) await this.#noteRestore(archiveCommand);
    await this.#removeTwoPhase(systemIdentifier);
    const expected = plan.source.systemIdentifier;
    if (expected !== undefined && expected !== systemIdentifier) {
      throw new BackupError('SYSTEM_MISMATCH', say('restore.identity', { expected, actual: systemIdentifier }));
    }
    await this.#createExtraFiles(control);
    this.#warnAbout(received, configuration);
    await this.#writeManifest(received.missingFiles);
    this.#teller.enter('publish');
    await this.#publish(received.held);
    return {
      plan,
      files: received.totals.files,
      bytes: plan.source.earlier === undefined ? received.totals.bytes : bytes,
      unchanged: received.totals.unchanged,
      removed,
      dropped: [...received.dropped].sort(),
      slots: [...received.slots].sort(),
      configuration,
      systemIdentifier,
      warnings: this.#warnings,
    };
  }

  async #begin(): Promise<void> {
    const { directory, mode, source } = this.#plan;
    for (const path of this.#workplace.directories) writeMarker(path, source);
    if (mode !== 'delta') return;
    this.#step(say('restore.delta-begins', { path: display(directory) }));
    // From here on no server can start what is there.
    for (const name of ['global/pg_control', ...source.rules.controlCopies])
      await this.#trees.base.remove(name as ByteString);
    const global = joinPath(directory, 'global');
    if (existsSync(fsPath(global))) await syncDirectory(global);
    removeForeignLinks(directory, source.rules.walDirectory);
  }

  async #receive(): Promise<Received> {
    const { source } = this.#plan;
    const totalBytes = source.format === 'plain' ? source.totalBytes : 0;
    return Copiers.during({ totalBytes, signal: this.#signal }, (copiers) => this.#receiveWith(copiers));
  }

  async #receiveWith(copiers: Copiers): Promise<Received> {
    const { source } = this.#plan;
    this.#teller.enter('copy');
    const received = await receiveChain(this.#prepared, this.#trees, {
      copiers,
      signal: this.#signal,
      onProgress: (doneBytes, filesDone) => {
        const totalBytes = Math.max(source.totalBytes, doneBytes);
        this.#teller.tell({ type: 'progress', doneBytes, totalBytes, filesDone });
      },
      onStep: (sentence) => this.#step(sentence),
    });
    this.#trees = received.trees;
    this.#teller.enter('configure');
    await this.#makeDirectories();
    return received;
  }

  /** Those that a server needs and that a backup may lack, because nothing was in them. */
  async #makeDirectories(): Promise<void> {
    const { walDirectory, emptied, mayBeEmpty } = this.#plan.source.rules;
    const own = [walDirectory, `${walDirectory}/archive_status`, ...emptied, 'pg_tblspc', 'global'];
    const made: string[] = [];
    for (const name of new Set([...own, ...mayBeEmpty])) {
      const there = lstatSync(fsPath(joinPath(this.#plan.directory, name)), { throwIfNoEntry: false });
      // A link to elsewhere (statistics in memory) is the backup's own; in a delta it is what is to be replaced.
      if (there?.isSymbolicLink() === true && !own.includes(name) && this.#plan.mode !== 'delta') continue;
      if (there?.isDirectory() !== true) {
        await this.#trees.base.makeDirectory(name as ByteString, 0o700);
        if (!own.includes(name)) made.push(name);
      }
      this.#trees.base.keep(name as ByteString);
    }
    if (made.length > 0) this.#step(say('restore.made-directories', { names: made.join(', ') }));
  }

  async #removeUnlisted(): Promise<number> {
    let removed = 0;
    for (const tree of this.#trees.all) removed += await tree.removeUnlisted({ signal: this.#signal });
    return removed;
  }

  async #makeLinks(): Promise<void> {
    for (const { oid, link } of this.#plan.tablespaces) {
      if (link !== undefined) await this.#trees.base.makeLink(`pg_tblspc/${oid}` as ByteString, link);
    }
    for (const { oid, directory } of checkLinks(this.#plan)) {
      this.#step(say('restore.link', { oid, path: display(directory) }));
    }
  }

  /** Nothing is promised of a copy that starts with its own WAL, but that it is one is known to those who are asked later. */
  async #noteRestore(archiveCommand: string | undefined): Promise<void> {
    const { archiving: archiveMode } = this.#plan.configuration;
    const record = encodeRecoveryRecord({ ...nothingPromised, archiveMode, archiveCommand, archiveRecovery: false });
    await this.#trees.base.writeFile(recoveryRecordName as ByteString, 0o600, onePiece(record));
  }

  async #removeTwoPhase(systemIdentifier: bigint): Promise<void> {
    const { directory, source } = this.#plan;
    const { label, rules } = source;
    if (!rules.replaysTwoPhaseFiles) return;
    const replayed = this.#prepared.request.recovery?.preparedAgain;
    const { walDirectory } = rules;
    const options = { label, walDirectory, systemIdentifier, replayed, signal: this.#signal };
    const removed = await removeReplayedTwoPhase(directory, options);
    if (removed.length > 0) this.#step(say('restore.two-phase', { names: removed.join(', ') }));
  }

  async #createExtraFiles(control: Buffer): Promise<void> {
    const { rules } = this.#plan.source;
    for (const { name, sizeBytes, mode } of rules.created) {
      await this.#trees.base.writeFile(name as ByteString, mode, onePiece(Buffer.alloc(sizeBytes)));
    }
    // The server falls back to it: it must never be older than the control file itself.
    for (const name of rules.controlCopies)
      await this.#trees.base.writeFile(name as ByteString, 0o600, onePiece(control));
  }

  async #writeManifest(missingFiles: readonly string[]): Promise<void> {
    const { manifestChecksums: algorithm } = this.#plan;
    if (algorithm === undefined) return;
    this.#step(say('restore.new-manifest', { algorithm }));
    await writeNewManifest(this.#plan, this.#trees, { algorithm, missingFiles, signal: this.#signal });
  }

  #warnAbout(received: ReceiveBackup, { takesInPlace }: ConfigurationOutcome): void {
    const { source, directory, keepsBackupWal, ownerIsRoot, ownWal, manifestChecksums } = this.#plan;
    const { startSegment } = source.label;
    const segment = joinPath(directory, `${source.rules.walDirectory}/${startSegment}`);
    if (keepsBackupWal && !existsSync(fsPath(segment))) this.#warn(say('restore.no-wal', { segment: startSegment }));
    if (ownWal?.kind === 'proved' && ownWal.brokenBehind !== undefined) this.#warn(brokenBehind(ownWal.brokenBehind));
    const inPlace = takesInPlace ? undefined : this.#plan.tablespaces.find(({ link }) => link === undefined);
    if (inPlace !== undefined) this.#warn(say('restore.in-place', { oid: inPlace.oid }));
    // Where no tool of the product makes manifests, that there is none says nothing: the result tells it, but is no other for that.
    if ((this.#prepared.request.verify ?? true) && source.rules.makesManifests) {
      for (const backup of this.#plan.unchecked) this.#warn(say('restore.unlisted-backup', { backup }));
    }
    const { missingFiles } = received;
    if (missingFiles.length > 0) this.#warn(say('restore.lacks-files', { files: missingFiles.join(', ') }));
    // A backup may be root's.
    if (ownerIsRoot && manifestChecksums === undefined)
      this.#warn(say('restore.owned-by-root', { path: display(directory) }));
  }

  /** Owner, durability, and the name of pg_control as the very last. */
  async #publish({ held }: HeldControlFile): Promise<void> {
    const { owner, modeMask, sync, mode } = this.#plan;
    const directories = this.#workplace.directories;
    this.#workplace.setModes(modeMask);
    if (owner !== undefined) await this.#giveAway(owner);
    if (sync) {
      this.#step(say('restore.syncing'));
      const options = { signal: this.#signal };
      // In a directory that was there before, anything may be mounted.
      if (mode === 'delta') for (const path of directories) await syncTree(path, options);
      else await syncPlaces(directories, { ...options, method: this.#plan.syncMethod });
    }
    this.#signal.throwIfAborted();
    if (held !== undefined) await revealFile(held, { sync });
    for (const path of directories) removeMarker(path);
    this.#workplace.release();
    if (sync) for (const path of directories) await syncDirectory(path);
  }

  /** A copy whose owner the file system does not take is whole nevertheless: what is left to do is told. */
  async #giveAway(owner: Owner): Promise<void> {
    for (const path of this.#workplace.directories) {
      const refused = await giveTree(path, owner, { signal: this.#signal });
      if (refused === undefined) continue;
      const { count, first, reason } = refused;
      const account = `${owner.uid}:${owner.gid}`;
      const values = { count, account, directory: display(path), first: display(first) };
      this.#warn(say('restore.not-given', { ...values, reason: callReason(reason) }));
    }
    this.#workplace.giveParents(owner);
  }

  #step(sentence: Message): void {
    this.#teller.tell({ type: 'step', sentence });
  }

  #warn(sentence: Message): void {
    this.#warnings.push(sentence);
    this.#teller.tell({ type: 'warning', sentence });
  }
}
