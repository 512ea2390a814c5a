import type { ByteSource } from '../bytes/byte-reader.ts';

export interface StorageOptions {
  readonly signal?: AbortSignal | undefined;
}

/** A stored object as a listing or `stat` tells it. */
export interface StoredObject {
  readonly name: string;
  readonly sizeBytes: number;
  /** When it was stored, ms since 1970 by the clock of the storage, where `abilities.objectTime`; else undefined. */
  readonly storedAtMs: number | undefined;
}

/** What a storage can do beyond keeping names and bytes; known when it is open. */
export interface StorageAbilities {
  /** Of two puts of one name exactly one resolves, whichever hosts they come from. False: only as long as one host writes. */
  readonly putOnce: boolean;
  /** `storedAtMs` is told, by one clock for all objects, so that their ages can be compared. */
  readonly objectTime: boolean;
  /** Objects can be locked against deletion until a date (object lock); whether that is done, `Storage.lock` says. */
  readonly lock: boolean;
  /** A put that failed is over: an object that is not there then does not come later. False: what went out may still arrive. */
  readonly putsSettle: boolean;
}

/** Object lock: each object is held against deletion by anybody for some time from when it is put. All times are those of the storage's clock, in ms. */
export interface StorageLock {
  /** From when it was put each object is locked for at least so long. */
  readonly lockedForMs: number;
  /** Now, by the clock of the storage, to a second. */
  readonly nowMs: number;

  /** Until when an object cannot be deleted. Undefined: it can, or there is none. */
  lockedUntil(name: string, options?: StorageOptions): Promise<number | undefined>;

  /**
   * Sees to it that an object is locked at least until `leastMs`: one that is not gets locked until `untilMs`. Nothing is ever locked for a shorter time than before.
   * @throws BackupError `OBJECT_NOT_FOUND`; `AUTHENTICATION` when the storage refuses it
   */
  extend(name: string, times: LockTimes, options?: StorageOptions): Promise<void>;
}

export interface LockTimes {
  readonly leastMs: number;
  /** Not before `leastMs`. */
  readonly untilMs: number;
}

/** How objects of a place are to be locked. */
export interface LockWish {
  readonly mode: 'GOVERNANCE' | 'COMPLIANCE';
  /** At least 1. */
  readonly days: number;
}

export interface PrepareOptions extends StorageOptions {
  /** Undefined: what the storage does by itself. @throws BackupError `CONFIG_INVALID` where it cannot be had */
  readonly lock?: LockWish | undefined;
}

/** An object of which the storage keeps more than what a reader sees. */
export interface AlteredObject {
  readonly name: string;
  /** `hidden`: no reader sees it. `overwritten`: readers see what was put last. */
  readonly how: 'hidden' | 'overwritten';
}

/** What a store of objects was found to do with names that are taken. */
export interface StoreFindings {
  /** `always`: it refuses them; `single`: of objects that come in one request; `never`. */
  readonly putOnce: 'always' | 'single' | 'never';
  /** With `never`: the host that may write. */
  readonly host: { readonly id: string; readonly name: string } | undefined;
  /** How objects are locked from when they are put; `days` undefined: the bucket can, and nobody said how long. */
  readonly lock?: { readonly mode: 'GOVERNANCE' | 'COMPLIANCE'; readonly days: number | undefined } | undefined;
}

export interface ProbeOptions extends StorageOptions {
  /** Notes what was found in place of what was noted before, and this host as the one that may write where only one may. */
  readonly takeOver?: boolean | undefined;
  /** The name of the host that is noted: from another one nothing is taken over. Undefined: from none. */
  readonly from?: string | undefined;
}

export interface ProbedPlace {
  /** What was noted when the place was first used, or by the last one that took it over; undefined: it was never used. */
  readonly noted: StoreFindings | undefined;
  /** What the store does now, by trying. `host` is this one where one host alone may write. */
  readonly found: StoreFindings;
}

export interface PutOptions extends StorageOptions {
  /**
   * SHA-256 of the body in hex, asked for when it was read to its end, by a storage that would make it itself. Undefined: it is not known. Only of the very bytes that are put:
   * a storage that makes others of them does not pass it on. A wrong one fails the put where what arrives is compared.
   */
  readonly contentHash?: (() => string | undefined) | undefined;
}

export interface ReadOptions extends StorageOptions {
  /** First byte to read, 0 … size. Default 0. */
  readonly offset?: number | undefined;
  /** How many bytes at most. Default: to the end. What lies past the end is not an error, it is simply not there. */
  readonly length?: number | undefined;
}

export interface ListOptions extends StorageOptions {
  /** False: only objects directly under the prefix, not those in folders below it. Default true. */
  readonly recursive?: boolean | undefined;
}

/**
 * Objects: names and bytes, written once. Made so that a directory and an S3-compatible service can both do it.
 *
 * A name is text of 1 … 1024 bytes in UTF-8, parts separated by `/`; no part is empty, `.` or `..`, and none starts with
 * `.gausskeep-` (those are unfinished objects). Folders exist only as far as objects are in them. Whether a name can be an
 * object and a folder at once is up to the backend (a directory refuses it): nobody may name objects so.
 * Every method rejects with `STORAGE_UNAVAILABLE` (may be retried) when the storage fails, `AUTHENTICATION` when it refuses
 * us, `USAGE` for a name as above that is none, and with the signal's `AbortError` when it is aborted.
 */
export interface Storage {
  /** What it is, for people: `directory /archive`. */
  readonly description: string;
  readonly abilities: StorageAbilities;
  /** How far the clock of the storage is ahead of that of this host, in ms, where it refused a request for that; else undefined. */
  readonly clockOffMs?: number | undefined;
  /** Now, by the clock of the storage as its last answer told it, ms since 1970. Undefined: it is that of this host. */
  readonly nowMs?: number | undefined;

  /**
   * Stores `body` under `name`. After it resolves the object survives a crash; until then no reader can see it, and after
   * a crash before then there is no trace of it but what `sweep` removes. Two puts of one name: exactly one resolves.
   * `body` is a function because a backend may have to read it again (a failed part, a changed endpoint).
   * @throws BackupError `OBJECT_EXISTS`: nothing is ever overwritten. What `body` throws is passed on unchanged.
   */
  put(name: string, body: () => ByteSource, options?: PutOptions): Promise<{ readonly sizeBytes: number }>;

  /** The bytes of an object, in pieces of at most 1 MiB. @throws BackupError `OBJECT_NOT_FOUND` at the first piece asked for */
  get(name: string, options?: ReadOptions): ByteSource;

  /** Undefined when there is no such object (and the storage itself is there). */
  stat(name: string, options?: StorageOptions): Promise<StoredObject | undefined>;

  /**
   * Objects whose name starts with `prefix` ('' = all), ordered by the bytes of their names. Read page by page (a directory
   * at a time locally): objects put or deleted meanwhile may or may not appear, all others appear exactly once.
   */
  list(prefix: string, options?: ListOptions): AsyncIterable<StoredObject>;

  /** The folders directly under `prefix` ('' or ending in `/`), each ending in `/`, ordered by bytes. */
  folders(prefix: string, options?: StorageOptions): AsyncIterable<string>;

  /**
   * What lies directly in a folder ('' or ending in `/`) and is neither object nor folder, as a link or a pipe in a directory: nothing can be read or put under that name.
   * Undefined: the storage has nothing but objects.
   */
  irregular?(folder: string, options?: StorageOptions): AsyncIterable<string>;

  /**
   * Objects that were overwritten, or hidden by a deletion that left them there, in the order of names; some name may come twice. Undefined, or nothing: the storage keeps no earlier versions.
   * @throws BackupError `AUTHENTICATION` where this account may not list them
   */
  altered?(options?: StorageOptions): AsyncIterable<AlteredObject>;

  /**
   * Finds out, and records, what a storage does that may do less than its interface says. Asked for before a place is used for the first time; a put does it where nobody did.
   * Undefined: there is nothing to find out.
   */
  prepare?(options?: PrepareOptions): Promise<StoreFindings | undefined>;

  /** Undefined: nothing locks objects. */
  readonly lock?: StorageLock | undefined;

  /**
   * Removes an object, durably. That there is none is no error. It is removed altogether or, where that fails, there as before.
   * @throws BackupError `LOCKED` of kind `object-locked`: it cannot be deleted yet (`deleteUnlessLocked` tells until when)
   */
  delete(name: string, options?: StorageOptions): Promise<void>;

  /**
   * Whether the storage lets this account delete objects that are named like `name`, of which there is none. Nothing is written. Undefined: only trying tells.
   */
  mayDelete?(name: string, options?: StorageOptions): Promise<boolean | undefined>;

  /**
   * Removes what puts that never finished left behind, if nothing was written to it for `idleMs` (default one day).
   * @returns how many it removed
   */
  sweep(options?: StorageOptions & { readonly idleMs?: number | undefined }): Promise<number>;
}
