import { TRPCError } from '@trpc/server'
import { z } from 'zod'
import { SessionId } from '../../shared/contract/ids.ts'
import { Timestamp } from '../../shared/contract/session.ts'
import type { Session } from '../../shared/contract/session.ts'

/** Postgres has no year 0. */
const Place = z.tuple([Timestamp.refine((text) => text >= '0001'), SessionId])

/** Where the next page of the list begins, as an opaque text. */
export function toCursor({ updatedAt, id }: Session): string {
  return Buffer.from(JSON.stringify([updatedAt, id])).toString('base64url')
}

/** @throws BAD_REQUEST when the text is none that `toCursor` made */
export function fromCursor(cursor: string): { updatedAt: string; id: SessionId } {
  try {
    const [updatedAt, id] = Place.parse(JSON.parse(Buffer.from(cursor, 'base64url').toString()))
    return { updatedAt, id }
  } catch {
    // Without the cause: what is wrong within means nothing to a caller.
    throw new TRPCError({
      code: 'BAD_REQUEST',
      message: 'cursor: pass the nextCursor of the page before.',
    })
  }
}
