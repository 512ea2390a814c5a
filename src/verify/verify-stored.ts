import { Teller } from '../events/teller.ts';
import { say, type Message } from '../messages/message.ts';
import type { PackId } from '../packs/chunk-ref.ts';
import type { UnhashedBlocks } from '../packs/collect-blocks.ts';
import { ContentMaps } from '../packs/content-maps.ts';
import { damagedFiles } from '../packs/damaged-files.ts';
import { removalObject } from '../repository/names.ts';
import {
  choosePacks,
  coverageOf,
  type ReadAmount,
  type RememberedInstance,
  type StoredCoverage,
} from './choose-packs.ts';
import { ReadBefore, type PackReading } from './read-before.ts';
import type { VerifyListener, VerifyNews } from './events.ts';
import { Progress } from './progress.ts';
import { readContent } from './read-content.ts';
import type { StoredFault } from './stored-faults.ts';
import { surveyInstance, type SurveyedBackup, type SurveyedInstance, type VerifiedInstance } from './stored-survey.ts';
import { StoredWalCheck, type StoredWal } from './stored-wal.ts';

export interface StoredVerdict {
  readonly kind: 'verdict';
  readonly instance: string;
  /** Name of the backup; of one whose commit cannot be read its id; of a mark, a removal or an `instance.json` that cannot be read the name of the object. */
  readonly backup: string;
  /** `sound`: all content was read, and nothing is wrong. `present`: what it uses is there, and nothing is wrong in what was read of it, which is not all. */
  readonly state: 'sound' | 'present' | 'damaged';
  /** The first 20. */
  readonly faults: readonly StoredFault[];
  /** How many there are besides. */
  readonly moreFaults: number;
  /** Files that are damaged, of all faults. */
  readonly damagedFiles: number;
  /** Files of which every block was read and has its hash. 0 unless all content was read. */
  readonly filesRead: number;
  /** What was read of these was compared with nothing. Known where content was read. */
  readonly unhashed: UnhashedBlocks;
  /** What was looked at of its WAL; undefined: nothing could be, and why is a fault. */
  readonly wal: StoredWal | undefined;
}

/** Told last, where content was read. */
export interface CoverageVerdict extends StoredCoverage {
  readonly kind: 'coverage';
}

export interface VerifyStoredRequest {
  readonly instances: readonly VerifiedInstance[];
  /** Content to read. Without any: the roots, the records, whether each pack is there and of its size, and the same of the WAL. */
  readonly read: ReadAmount;
  /** An existing or new directory of this host in which is kept what was read when; undefined: nothing is kept. */
  readonly cacheDirectory?: string | undefined;
}

interface Options {
  readonly signal?: AbortSignal | undefined;
  /** Told how much of the packs that are to be read was read, in the phase `files`. */
  readonly onEvent?: VerifyListener | undefined;
}

/**
 * Looks at every backup of some instances, oldest first. Nothing is written to the repository.
 *
 * Content that several backups use is read once. With an amount a run reads what was never read, or was read longest ago, of all instances together; which that is the
 * host remembers, and nothing else depends on that. The WAL that a backup needs is looked at each time, and read where all content is.
 * @throws BackupError when the repository cannot be read at all
 */
export async function* verifyStored(
  { instances, read, cacheDirectory }: VerifyStoredRequest,
  { signal = new AbortController().signal, onEvent }: Options = {},
): AsyncGenerator<StoredVerdict | CoverageVerdict, void, undefined> {
  const remembered: RememberedInstance[] = [];
  for (const instance of instances) {
    const survey = await surveyInstance(instance, { signal });
    const place = `${instance.storage.description}\n${instance.name}`;
    const directory = read === 'none' ? undefined : cacheDirectory;
    remembered.push({ survey, before: await ReadBefore.open(directory, place, { signal }) });
  }
  const teller = new Teller<'verify', VerifyNews>(onEvent);
  const progress = new Progress(teller.tell);
  if (read !== 'none') teller.enter('files');
  const coverage = read === 'none' ? undefined : await readAmount(remembered, read, { progress, signal });
  for (const { survey } of remembered) yield* verdictsOf(survey, read, signal);
  if (coverage !== undefined) yield { kind: 'coverage', ...coverage };
}

async function readAmount(
  instances: readonly RememberedInstance[],
  amount: Exclude<ReadAmount, 'none'>,
  { progress, signal }: { readonly progress: Progress; readonly signal: AbortSignal },
): Promise<StoredCoverage> {
  const nowMs = Date.now();
  const read = instances.map(() => new Set<PackId>());
  const chosen = choosePacks(instances, amount, nowMs);
  const wanted = chosen.map((packs) => new Set(packs));
  const sizes = instances.flatMap(({ survey }, index) => survey.packs.filter(({ pack }) => wanted[index]?.has(pack)));
  progress.begin(sizes.reduce((sum, { sizeBytes }) => sum + sizeBytes, 0));
  for (const [index, packs] of chosen.entries()) {
    const [instance, done] = [instances[index], read[index]];
    if (instance === undefined || done === undefined) continue;
    await readOf(instance, packs, { nowMs, done, progress, signal });
  }
  progress.finish();
  return coverageOf(instances, read, nowMs);
}

async function readOf(
  { survey, before }: RememberedInstance,
  packs: readonly PackId[],
  {
    nowMs,
    done,
    progress,
    signal,
  }: {
    readonly nowMs: number;
    readonly done: Set<PackId>;
    readonly progress: Progress;
    readonly signal: AbortSignal;
  },
): Promise<void> {
  const facts = new Map(survey.packs.map((pack) => [pack.pack, pack]));
  const onRead = (pack: PackId, result: PackReading): void => {
    if (result !== 'nothing') done.add(pack);
    const known = facts.get(pack);
    progress.add(known?.sizeBytes ?? 0);
    if (known !== undefined) before.add(known, nowMs, result);
  };
  try {
    await readContent(survey, packs, { signal, onRead });
  } finally {
    await before.save(survey.packs);
  }
}

async function* verdictsOf(
  survey: SurveyedInstance,
  read: ReadAmount,
  signal: AbortSignal,
): AsyncGenerator<StoredVerdict, void, undefined> {
  const { instance, catalogue, backups } = survey;
  const { name: of } = instance;
  for (const id of catalogue.damagedBackups) yield damagedObject(of, id, say('repo.damaged-commit', { name: id }));
  // What was said of a backup, or took it off: it may be a pin.
  for (const { name, error } of catalogue.damaged.filter((object) => !object.name.startsWith('commits/'))) {
    yield damagedObject(of, name, error.sentence);
  }
  const whole = read === 'all' ? 'sound' : 'present';
  const walCheck = new StoredWalCheck(instance, { readData: read === 'all', signal });
  try {
    for (const backup of backups) {
      const { commit, faults, isReadable } = backup;
      await nameFiles(survey, backup, signal);
      const wal = isReadable ? await walCheck.check(commit, faults) : undefined;
      const isSound = faults.count === 0;
      // Retention may have taken it meanwhile.
      const removal = isSound ? undefined : await instance.storage.stat(removalObject(commit.backup), { signal });
      if (removal !== undefined) continue;
      const { files, unhashed } = backup;
      const filesRead = read === 'all' && isReadable ? Math.max(0, files - faults.files - unhashed.files) : 0;
      const { kept, count } = faults;
      const found = { faults: kept, moreFaults: count - kept.length, damagedFiles: faults.files };
      const verdict = { backup: commit.name, state: isSound ? whole : 'damaged', ...found } as const;
      yield { kind: 'verdict', instance: of, ...verdict, filesRead, unhashed, wal };
    }
  } finally {
    await walCheck.end();
  }
}

/** The verdict on an object that cannot be read, of which nothing else is known. */
function damagedObject(instance: string, backup: string, sentence: Message): StoredVerdict {
  const faults = [{ sentence, files: 0, names: [] }];
  return {
    ...{ kind: 'verdict', instance, backup, state: 'damaged', faults, moreFaults: 0, damagedFiles: 0 },
    ...{ filesRead: 0, unhashed: { blocks: 0, files: 0 }, wal: undefined },
  };
}

/** The files that damage concerns: they are looked for only where there is some. */
async function nameFiles(
  { instance, damaged }: SurveyedInstance,
  { commit, faults, isReadable, hasDamagedMaps }: SurveyedBackup,
  signal: AbortSignal,
): Promise<void> {
  if (!isReadable || (damaged.isEmpty && !hasDamagedMaps)) return;
  try {
    const maps = await ContentMaps.open(instance.storage, commit.root, signal);
    for await (const { file, sentence } of damagedFiles(maps, damaged, { signal })) faults.add(file, sentence);
  } catch (error) {
    faults.note(error);
  }
}
