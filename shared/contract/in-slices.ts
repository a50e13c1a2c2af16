/**
 * The items in slices of at most `size`, in their order: for what is done with a bounded number of items at a time.
 */
export function* inSlices<Item>(items: readonly Item[], size: number): Generator<Item[]> {
  for (let from = 0; from < items.length; from += size) yield items.slice(from, from + size)
}
