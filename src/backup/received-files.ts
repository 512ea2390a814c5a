import type { ByteString } from '../bytes/byte-string.ts';
import type { FileObserver, ObservedFile } from './manifest-builder.ts';

/** The files that a server sent, with their sizes: kept where its manifest is to be compared with them. */
export class ReceivedFiles implements FileObserver {
  readonly #sizes = new Map<ByteString, number>();
  readonly #keepAll: boolean;
  readonly #names: ReadonlySet<string>;
  readonly #seen = new Set<string>();
  #twice: ByteString | undefined;

  /** @param names files that `has` will be asked for; `keepAll` whether the sizes of all are wanted */
  constructor({ names, keepAll }: { readonly names: readonly string[]; readonly keepAll: boolean }) {
    this.#names = new Set(names);
    this.#keepAll = keepAll;
  }

  begin(path: ByteString): ObservedFile {
    return { update: () => undefined, end: (size) => this.add(path, size) };
  }

  add(path: ByteString, sizeBytes: number): void {
    if (this.#names.has(path)) this.#seen.add(path);
    if (!this.#keepAll) return;
    if (this.#sizes.has(path)) this.#twice ??= path;
    this.#sizes.set(path, sizeBytes);
  }

  has(name: string): boolean {
    return this.#seen.has(name);
  }

  get sizes(): ReadonlyMap<ByteString, number> {
    return this.#sizes;
  }

  /** The first file that came twice. */
  get twice(): ByteString | undefined {
    return this.#twice;
  }
}

/** Both see every file. */
export function observeBoth(first: FileObserver, second: FileObserver | undefined): FileObserver {
  if (second === undefined) return first;
  return {
    begin(path, mtime) {
      const one = first.begin(path, mtime);
      const other = second.begin(path, mtime);
      return {
        update: (piece) => {
          one.update(piece);
          other.update(piece);
        },
        end: (size, sum) => {
          one.end(size, sum);
          other.end(size, sum);
        },
      };
    },
  };
}
