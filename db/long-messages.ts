import { sql } from 'kysely'
import type { RawBuilder } from 'kysely'

/**
 * What a statement for many sessions says instead of the rows of a session with a long message: reading it would delay
 * all the others, so it is read by itself.
 */
export type OrLong<T> = T | 'long'

/** How the messages of many sessions are read. */
export type LongMessages = 'leave-out' | 'read'

/** The size from which a message is long: of its stored parts, compressed as Postgres keeps them. Bytes. */
const LONG = 256 * 1024

/** True for parts that are left out. */
export function isLeftOut(parts: RawBuilder<unknown>, long: LongMessages): RawBuilder<boolean> {
  return long === 'read' ? sql<boolean>`false` : sql<boolean>`(pg_column_size(${parts}) > ${LONG})`
}
