/** Asks a source for so many items before they are wanted. What it fails with is told in its turn. */
export async function* ahead<Item>(
  source: AsyncGenerator<Item, void, undefined>,
  count: number,
): AsyncGenerator<Item, void, undefined> {
  const asked: Promise<IteratorResult<Item, void>>[] = [];
  const ask = (): void => {
    // An async generator queues simultaneous calls of next.
    const next = source.next();
    next.catch(() => undefined);
    asked.push(next);
  };
  try {
    while (asked.length < count) ask();
    for (let first = asked.shift(); first !== undefined; first = asked.shift()) {
      const next = await first;
      if (next.done === true) return;
      ask();
      yield next.value;
    }
  } finally {
    await source.return();
  }
}
