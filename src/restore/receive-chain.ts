import { BackupError, reasonFor } from '../errors/backup-error.ts';
import { blockBytes, blocksPerSegment } from '../incremental/incremental-file.ts';
import { say, type Message } from '../messages/message.ts';
import { readControlFile, type ControlFile } from '../server/control-file.ts';
import type { Copiers } from './copiers.ts';
import type { RestorePlan } from './plan.ts';
import type { PreparedRestore } from './prepare-restore.ts';
import { ReceiveBackup } from './receive-backup.ts';
import { RestoreTrees } from './restore-trees.ts';

export interface ReceiveOptions {
  readonly signal: AbortSignal;
  readonly copiers: Copiers;
  readonly onProgress: (doneBytes: number, filesDone: number) => void;
  readonly onStep: (sentence: Message) => void;
}

export interface Received {
  /** What took the last backup. */
  readonly sink: ReceiveBackup;
  readonly trees: RestoreTrees;
  /** Of all backups. */
  readonly bytes: number;
}

/**
 * Receives the backup of a plan; where that is an incremental one, first what it builds on, each backup on top of the one before, read
 * once from its beginning to its end. What only earlier backups had is gone at the end.
 * @throws BackupError `CORRUPT`, `SYSTEM_MISMATCH`, `USAGE`
 */
export async function receiveChain(
  { plan, source, earlier, request }: PreparedRestore,
  first: RestoreTrees,
  { signal, copiers, onProgress, onStep }: ReceiveOptions,
): Promise<Received> {
  const parts = [...earlier, { source, facts: plan.source }];
  const last = parts.length - 1;
  const control = new SameInstance();
  let trees = first;
  let doneBytes = 0;
  let doneFiles = 0;
  for (const [index, { source: one, facts }] of parts.entries()) {
    if (index > 0) trees = new RestoreTrees(plan, trees);
    if (last > 0)
      onStep(say(index === 0 ? 'incremental.step-full' : 'incremental.step', { backup: facts.description }));
    const passPlan: RestorePlan = {
      ...plan,
      source: facts,
      mode: index === 0 ? plan.mode : 'delta',
      keepsBackupWal: index === last && plan.keepsBackupWal,
      verify: (request.verify ?? true) && facts.manifest !== undefined,
    };
    const sink = new ReceiveBackup(passPlan, trees, { isFirst: index === 0, isLast: index === last }, copiers);
    try {
      await one.deliver(sink, {
        signal,
        onBytes: (count) => {
          doneBytes += count;
          onProgress(doneBytes, doneFiles + sink.totals.files);
        },
      });
      sink.finish();
    } catch (error) {
      throw last === 0 ? error : ofBackup(facts.description, error);
    }
    doneFiles += sink.totals.files;
    if (last > 0) control.check(facts.description, sink.control);
    if (index === last) {
      if (last > 0 && plan.mode !== 'delta') await trees.removeGone();
      return { sink, trees, bytes: doneBytes };
    }
  }
  throw new Error('a restore has at least one backup');
}

/** What is damaged, with the backup of the chain that it is in. */
function ofBackup(backup: string, error: unknown): unknown {
  if (!(error instanceof BackupError) || error.code !== 'CORRUPT') return error;
  return error.with({
    sentence: say('incremental.of-backup', { backup, reason: reasonFor(error) }),
    context: { backup },
    hint: say('incremental.of-backup.hint', { backup }),
  });
}

/** Holds the control files of a chain against each other, and against what incremental files are made of. */
class SameInstance {
  #first: { readonly description: string; readonly control: ControlFile } | undefined;

  check(description: string, bytes: Uint8Array | undefined): void {
    const control = readControlFile(bytes ?? new Uint8Array(0));
    const { blockSizeBytes: size, blocksPerSegment: blocks } = control;
    if (size !== blockBytes || blocks !== blocksPerSegment) {
      throw new BackupError('USAGE', say('incremental.page-sizes', { backup: description, size, blocks }), {
        hint: say('incremental.page-sizes.hint'),
      });
    }
    this.#first ??= { description, control };
    const { description: earlier, control: expected } = this.#first;
    if (control.systemIdentifier !== expected.systemIdentifier) {
      const identifiers = { actual: control.systemIdentifier, expected: expected.systemIdentifier };
      throw new BackupError(
        'SYSTEM_MISMATCH',
        say('incremental.other-instance', { backup: description, earlier, ...identifiers }),
      );
    }
    if (control.catalogVersion !== expected.catalogVersion || control.controlVersion !== expected.controlVersion) {
      const versions = { actual: control.catalogVersion, expected: expected.catalogVersion };
      throw new BackupError(
        'SYSTEM_MISMATCH',
        say('incremental.other-release', { backup: description, earlier, ...versions }),
      );
    }
  }
}
