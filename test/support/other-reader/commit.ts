import { checkedChunk, type Chunk, type PackReference } from './chunk.ts';
import { must } from './refusal.ts';
import { arrayOf, idForm, lsnOf, numberOf, textOf, textOfForm, wholeNumber, type Members } from './small-object.ts';

export interface Commit {
  readonly backup: string;
  readonly name: string;
  readonly systemIdentifier: string;
  readonly timeline: number;
  readonly generation: number;
  readonly startLsn: bigint;
  readonly endLsn: bigint;
  readonly files: number;
  readonly logicalBytes: number;
  readonly root: readonly Chunk[];
  readonly rootPacks: readonly (PackReference & { readonly sizeBytes: number })[];
}

const timeForm = /^\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2}(\.\d+)?Z$/;

/** @returns undefined: a tombstone */
export function readCommit(members: Members, backup: string, object: string): Commit | undefined {
  must(members['backup'] === backup, `${object} is the commit of another backup`);
  must(typeof members['tombstone'] === 'boolean', `"tombstone" of ${object} is not as it must be`);
  if (members['tombstone']) return undefined;
  const text = (member: string, form?: RegExp): string => textOf(members, member, object, form);
  const number = (member: string): number => numberOf(members, member, object);
  const time = text('startedAt', timeForm).replace(/[-:]|\.\d+/g, '');
  const commit: Commit = {
    backup,
    name: text('name'),
    systemIdentifier: text('systemIdentifier', /^\d{1,20}$/),
    timeline: number('timeline'),
    generation: number('generation'),
    startLsn: lsnOf(members, 'startLsn', object),
    endLsn: lsnOf(members, 'endLsn', object),
    files: number('files'),
    logicalBytes: number('logicalBytes'),
    root: arrayOf(members, 'root', object).map((chunk) => rootChunk(chunk, object)),
    rootPacks: arrayOf(members, 'rootPacks', object).map((row) => rootPack(row, object)),
  };
  must(commit.name === `${time}-${backup}`, `${object} is the commit of ${commit.name}`);
  must(commit.startLsn < commit.endLsn, `${object} ends before it starts`);
  return commit;
}

function rootChunk(value: unknown, object: string): Chunk {
  must(Array.isArray(value) && value.length === 6, `a chunk of the root in ${object}`);
  const [backup, ...numbers] = value as unknown[];
  const [number, offset, storedBytes, rawBytes, codec] = numbers.map((one) =>
    wholeNumber(one, `a chunk of the root in ${object}`),
  ) as [number, number, number, number, number];
  const pack = { backup: textOfForm(backup, `a pack of the root in ${object}`, idForm), number };
  return checkedChunk({ pack, offset, storedBytes, rawBytes, codec });
}

function rootPack(value: unknown, object: string): PackReference & { readonly sizeBytes: number } {
  const what = `a pack of the root in ${object}`;
  must(Array.isArray(value) && value.length === 3, what);
  const [backup, number, sizeBytes] = value as unknown[];
  return {
    backup: textOfForm(backup, what, idForm),
    number: wholeNumber(number, what),
    sizeBytes: wholeNumber(sizeBytes, what),
  };
}
