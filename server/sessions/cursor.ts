import { TRPCError } from '@trpc/server'
import { z } from 'zod'
import { SessionId } from '../../shared/contract/ids.ts'
import { Timestamp } from '../../shared/contract/session.ts'
import type { Session } from '../../shared/contract/session.ts'

/** Postgres has no year 0. */
const Place = z.tuple([Timestamp.refine((text) => text >= '0001'), SessionId])

/** The cursor of the next page of the list, as an opaque text. */
export function toCursor({ updatedAt, id }: Session): string {
  return Buffer.from(JSON.stringify([updatedAt, id])).toString('base64url')
}

/** @throws BAD_REQUEST when the text was not made by `toCursor` */
export function fromCursor(cursor: string): { updatedAt: string; id: SessionId } {
  try {
    const [updatedAt, id] = Place.parse(JSON.parse(Buffer.from(cursor, 'base64url').toString()))
    return { updatedAt, id }
  } catch {
    // The cause is left out, because it means nothing to a caller.
    throw new TRPCError({
      code: 'BAD_REQUEST',
      message: 'cursor: pass the nextCursor of the page before.',
    })
  }
}
