/** The kinds of fault that the product promises to survive. */
export const faultKinds = {
  'FI-01': 'a connection that is reset, anywhere in a session',
  'FI-02': 'a network that goes silent',
  'FI-03': 'bytes in pieces of any size',
  'FI-04': 'a slow network',
  'FI-05': 'a call of the file system that fails',
  'FI-06': 'kill -9, and signals',
  'FI-07': 'two runs on one target',
  'FI-08': 'a clock that is put back or ahead',
  'FI-09': 'a server that is stopped, restarted or promoted, and a session that it ends',
  'FI-10': 'a storage that fails for a while',
  'FI-11': 'a compressed stream that is cut or changed',
  'FI-12': 'WAL in an archive that is not what its name says',
  'FI-13': 'retention beside what is needed',
  'FI-14': 'cleanup, verification and restore at the same time',
  'FI-16': 'a target that is not free',
  'FI-17': 'an owner or a mode that cannot be set',
  'FI-18': 'very many files, very many tablespaces, and sizes that lie',
} as const;
export type FaultKind = keyof typeof faultKinds;

/** A test: its file, and what the title of the case begins with. */
export type Proof = readonly [file: string, title: string];

export interface FaultRow {
  /** The kinds of fault of the product's list that it is one of, `FI-01`; none where that has no such kind. */
  readonly kinds: readonly FaultKind[];
  readonly program: string;
  readonly fault: string;
  readonly status: number | string;
  /** What the message says. */
  readonly says: string;
  /** What is there afterwards: of the result, and on the server. */
  readonly after: string;
  /** What the next run does. */
  readonly next: string;
  readonly proof: readonly [Proof, ...Proof[]];
}

export interface FaultSection {
  readonly title: string;
  readonly text: string;
  readonly rows: readonly FaultRow[];
}
