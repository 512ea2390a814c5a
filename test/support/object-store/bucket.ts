import { createHash, randomBytes } from 'node:crypto';
import { noSuchKey, S3Error } from './s3-error.ts';

export interface Retention {
  readonly mode: 'COMPLIANCE' | 'GOVERNANCE';
  readonly untilMs: number;
}

/** One version of an object, or a delete marker (`body` undefined). */
export interface Version {
  readonly id: string;
  readonly body: Buffer | undefined;
  readonly etag: string;
  readonly storedAtMs: number;
  /** `content-type` and `x-amz-meta-…`, by lower-case name. */
  readonly headers: Readonly<Record<string, string>>;
  storageClass: string;
  retention: Retention | undefined;
}

export interface Upload {
  readonly id: string;
  readonly key: string;
  readonly begunAtMs: number;
  readonly headers: Readonly<Record<string, string>>;
  readonly storageClass: string;
  readonly retention: Retention | undefined;
  readonly parts: Map<number, { readonly body: Buffer; readonly etag: string; readonly storedAtMs: number }>;
}

export interface NewObject {
  readonly body: Buffer;
  readonly etag: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly storageClass: string;
  readonly retention: Retention | undefined;
}

/** What a bucket holds, and what of it may be removed. */
export class Bucket {
  readonly name: string;
  readonly region: string;
  /** Versions are kept: a bucket with object lock cannot do without. */
  readonly versioned: boolean;
  readonly objectLock: boolean;
  defaultRetention: { readonly mode: Retention['mode']; readonly days: number } | undefined;
  readonly uploads = new Map<string, Upload>();
  /** By key, the newest last. */
  readonly #versions = new Map<string, Version[]>();
  /** Keys in the order of their bytes; undefined: has to be sorted anew. */
  #sorted: string[] | undefined;
  readonly #clock: () => number;

  constructor(
    name: string,
    settings: {
      readonly region: string;
      readonly objectLock: boolean;
      readonly versioned: boolean;
      readonly clock: () => number;
    },
  ) {
    this.name = name;
    this.region = settings.region;
    this.objectLock = settings.objectLock;
    this.versioned = settings.versioned || settings.objectLock;
    this.#clock = settings.clock;
  }

  /** Keys that have versions, marked as deleted or not, in the order of their UTF-8 bytes. */
  get keys(): readonly string[] {
    this.#sorted ??= [...this.#versions.keys()].sort((a, b) => Buffer.compare(Buffer.from(a), Buffer.from(b)));
    return this.#sorted;
  }

  versionsOf(key: string): readonly Version[] {
    return this.#versions.get(key) ?? [];
  }

  /** The newest version; undefined where there is none or it is a delete marker. */
  current(key: string): Version | undefined {
    const newest = this.versionsOf(key).at(-1);
    return newest?.body === undefined ? undefined : newest;
  }

  /** @throws S3Error when there is no such version */
  version(key: string, id: string | undefined): Version {
    if (id === undefined) {
      const current = this.current(key);
      if (current === undefined) throw noSuchKey(key);
      return current;
    }
    const found = this.versionsOf(key).find((version) => version.id === id);
    if (found === undefined) throw new S3Error(404, 'NoSuchVersion', 'The specified version does not exist.');
    return found;
  }

  store(key: string, { retention = this.#standardRetention(), ...object }: NewObject): Version {
    const version: Version = { id: this.#newId(), storedAtMs: this.#wholeSeconds(), retention, ...object };
    this.#push(key, version);
    return version;
  }

  /** A DELETE without a version: the object is gone, or under a marker where versions are kept. */
  remove(key: string): { readonly marker: string | undefined } {
    if (!this.versioned) {
      this.#versions.delete(key);
      this.#sorted = undefined;
      return { marker: undefined };
    }
    const id = this.#newId();
    const marker = { id, body: undefined, etag: '', storedAtMs: this.#wholeSeconds(), headers: {} };
    this.#push(key, { ...marker, storageClass: 'STANDARD', retention: undefined });
    return { marker: id };
  }

  /** @returns what was removed; undefined: there was no such version. @throws S3Error while it is locked */
  removeVersion(key: string, id: string, bypassGovernance: boolean): Version | undefined {
    const version = this.versionsOf(key).find((one) => one.id === id);
    if (version === undefined) return undefined;
    this.#refuseLocked(version, bypassGovernance);
    const left = this.versionsOf(key).filter((one) => one !== version);
    if (left.length > 0) this.#versions.set(key, left);
    else {
      this.#versions.delete(key);
      this.#sorted = undefined;
    }
    return version;
  }

  setRetention(version: Version, retention: Retention, bypassGovernance: boolean): void {
    const before = version.retention;
    const holds = before !== undefined && before.untilMs > this.#clock();
    const weaker =
      holds &&
      (retention.untilMs < before.untilMs || (before.mode === 'COMPLIANCE' && retention.mode !== 'COMPLIANCE'));
    if (weaker) this.#refuseLocked(version, bypassGovernance);
    version.retention = retention;
  }

  /** Removes it whatever holds it: what a store loses. */
  lose(key: string): void {
    this.#versions.delete(key);
    this.#sorted = undefined;
  }

  #refuseLocked({ retention }: Version, bypassGovernance: boolean): void {
    if (retention === undefined || retention.untilMs <= this.#clock()) return;
    if (retention.mode === 'GOVERNANCE' && bypassGovernance) return;
    throw new S3Error(403, 'AccessDenied', 'Access Denied because object protected by object lock.');
  }

  #push(key: string, version: Version): void {
    const before = this.#versions.get(key);
    if (before === undefined) this.#sorted = undefined;
    this.#versions.set(key, this.versioned ? [...(before ?? []), version] : [version]);
  }

  #standardRetention(): Retention | undefined {
    if (this.defaultRetention === undefined) return undefined;
    const { mode, days } = this.defaultRetention;
    return { mode, untilMs: this.#clock() + days * 86_400_000 };
  }

  #newId(): string {
    return this.versioned ? randomBytes(16).toString('hex') : 'null';
  }

  #wholeSeconds(): number {
    return Math.floor(this.#clock() / 1000) * 1000;
  }
}

export const md5 = (body: Buffer): Buffer => createHash('md5').update(body).digest();
