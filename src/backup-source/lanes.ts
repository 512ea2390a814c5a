/**
 * Runs `work` on each item, `count` at a time; the items are asked for one after another. After a failure no more is begun,
 * and the first failure is thrown when all that was begun has ended.
 */
export async function runLanes<Item>(
  items: AsyncIterable<Item> | Iterable<Item>,
  count: number,
  work: (item: Item) => Promise<void>,
): Promise<void> {
  const iterator = Symbol.asyncIterator in items ? items[Symbol.asyncIterator]() : items[Symbol.iterator]();
  let failure: { readonly error: unknown } | undefined;
  const lane = async (): Promise<void> => {
    try {
      while (failure === undefined) {
        // An async generator queues simultaneous calls of next, so that the lanes may share it.
        const next = await iterator.next();
        if (next.done === true) return;
        await work(next.value);
      }
    } catch (error) {
      failure ??= { error };
    }
  };
  await Promise.all(Array.from({ length: count }, lane));
  await iterator.return?.();
  if (failure !== undefined) throw failure.error;
}
