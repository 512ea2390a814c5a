/** A test: its file, and what the title of the case begins with. */
export type Proof = readonly [file: string, title: string];

export interface FaultRow {
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
