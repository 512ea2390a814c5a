import type { EventOf, Progress } from '../events/teller.ts';

/** What an operation on a WAL archive tells, besides its phases: of each file when it is done with, by its name. */
export type ArchivingNews = Progress & {
  readonly name: string;
  /** Undefined: not known. */
  readonly filesTotal: number | undefined;
};

export type ArchivingEvent = EventOf<'archiving', ArchivingNews>;
export type ArchivingListener = (event: ArchivingEvent) => void;
