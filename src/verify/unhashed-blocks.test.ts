/** Content of which a repository has no hash: no version writes that, the format has it, and nobody says that it is sound. */
import { join } from 'node:path';
import { expect, it } from 'vitest';
import {
  handBackup,
  handBackupId,
  handCommit,
  handContent,
  handFiles,
} from '../../test/support/other-reader/hand-backup.ts';
import { HandRepository } from '../../test/support/other-reader/written-by-hand.ts';
import { temporaryDirectory } from '../../test/support/temporary-directory.ts';
import { storedVerdictLines } from '../cli/verify-stored-text.ts';
import { render } from '../messages/message.ts';
import { openKnownInstance } from '../repository/open-instance.ts';
import { openRepository } from '../repository/open-repository.ts';
import type { ReadAmount } from './choose-packs.ts';
import { verifyStored, type StoredVerdict } from './verify-stored.ts';

/** Two backups with the same content. */
function writtenByHand(): string {
  const place = join(temporaryDirectory(), 'repo');
  const repository = new HandRepository(place, undefined);
  handBackup(repository);
  handCommit(
    repository,
    handBackupId.replace('00', 'aa'),
    handContent(() => undefined),
  );
  return place;
}

async function verdicts(place: string, read: ReadAmount): Promise<StoredVerdict[]> {
  const instance = await openKnownInstance(await openRepository(place, {}), 'orders');
  const found: StoredVerdict[] = [];
  for await (const verdict of verifyStored({ instances: [instance], read })) {
    if (verdict.kind === 'verdict') found.push(verdict);
  }
  return found;
}

it('is counted for each backup, and its files are not among those that have their hashes', async () => {
  const place = writtenByHand();
  // One block in one file; the huge file is none of the others.
  const expected = { unhashed: { blocks: 1, files: 1 }, filesRead: handFiles.size + 1 - 1 };
  expect(await verdicts(place, 'all')).toMatchObject([expected, expected]);
  expect(await verdicts(place, { percent: 100 })).toMatchObject([
    { ...expected, filesRead: 0 },
    { ...expected, filesRead: 0 },
  ]);
  expect((await verdicts(place, 'none')).map(({ unhashed }) => unhashed.blocks)).toEqual([0, 0]);
});

it.each(['all', { percent: 10 }] as const)('is told with the verdict (%j)', (read) => {
  const verdict: StoredVerdict = {
    ...{ kind: 'verdict', instance: 'orders', backup: 'b', state: 'sound', faults: [], filesRead: 4 },
    ...{ moreFaults: 0, damagedFiles: 0 },
    ...{ unhashed: { blocks: 2, files: 1 }, wal: { segments: 1, isRead: true } },
  };
  expect(storedVerdictLines(verdict, read).map((line) => render(line))[1]).toBe(
    '   - but 2 blocks of it, in 1 file, have no hash in the repository: nothing tells whether that content is as it was backed up',
  );
  expect(storedVerdictLines({ ...verdict, unhashed: { blocks: 0, files: 0 } }, read)).toHaveLength(1);
});
