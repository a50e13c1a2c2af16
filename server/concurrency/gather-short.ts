import type { LongMessages, OrLong } from '../../db/long-messages.ts'
import { Gathering } from './gathering.ts'
import { Semaphore } from './semaphore.ts'

/** The most long messages that are read at the same time, because each is in memory as a whole. */
const LONG_AT_ONCE = 4

/** Reads for many callers in batches, and what is long by itself, so that it delays nobody else. */
export function gatherShort<Item, Result>(
  read: (items: readonly Item[], long: LongMessages) => Promise<readonly OrLong<Result>[]>,
  options: ConstructorParameters<typeof Gathering>[1],
): (item: Item) => Promise<Result> {
  const gathered = new Gathering((items: readonly Item[]) => read(items, 'leave-out'), options)
  const apart = new Semaphore(LONG_AT_ONCE)
  return async (item) => {
    const found = await gathered.do(item)
    if (found !== 'long') return found
    const [whole] = await apart.take(() => read([item], 'read'))
    if (whole === undefined || whole === 'long') throw new Error('a long message was not read')
    return whole
  }
}
