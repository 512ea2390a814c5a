/** Names of several ordered sources as one ordered source, each name once. Order: UTF-16 code units, which for our names is that of bytes. */
export async function* mergeOrdered(sources: readonly AsyncIterable<string>[]): AsyncIterable<string> {
  const iterators = sources.map((source) => source[Symbol.asyncIterator]());
  try {
    const heads: (string | undefined)[] = await Promise.all(iterators.map(nextOf));
    for (;;) {
      const present = heads.filter((head) => head !== undefined);
      if (present.length === 0) return;
      const smallest = present.reduce((a, b) => (a < b ? a : b));
      yield smallest;
      for (const [index, iterator] of iterators.entries()) {
        if (heads[index] === smallest) heads[index] = await nextOf(iterator);
      }
    }
  } finally {
    for (const iterator of iterators) await iterator.return?.();
  }
}

async function nextOf(iterator: AsyncIterator<string>): Promise<string | undefined> {
  const next = await iterator.next();
  return next.done === true ? undefined : next.value;
}
