import type { IncomingHttpHeaders } from 'node:http';
import type { Bucket } from './bucket.ts';
import type { S3Account } from './signature-check.ts';

/** What a store does with `If-None-Match: *`: always; on a single put only; ignored without a word; refused with 501. */
export type Conditions = 'always' | 'single' | 'never' | 'refused';

/** A request whose signature was found good. */
export interface Exchange {
  readonly bucket: Bucket;
  /** '' where the request is about the bucket. */
  readonly key: string;
  readonly query: ReadonlyMap<string, string>;
  readonly headers: IncomingHttpHeaders;
  readonly body: Buffer;
  readonly account: S3Account;
  readonly nowMs: number;
  readonly store: StoreBehaviour;
}

/** In what stores differ. */
export interface StoreBehaviour {
  conditions: Conditions;
  /** Most entries of a page, whatever `max-keys` asks for. */
  pageSize: number;
  /** Least size of a part that is not the last. */
  minimumPartBytes: number;
  /** ETags that are no MD5, as with keys of KMS. */
  opaqueEtags: boolean;
}

export interface Answer {
  readonly status: number;
  readonly headers?: Readonly<Record<string, string | number | undefined>>;
  readonly body?: string | Buffer;
}
