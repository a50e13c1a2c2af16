import { TRPCError } from '@trpc/server'
import { z } from 'zod'
import { UserId } from '../../shared/contract/ids.ts'
import { Timestamp } from '../../shared/contract/session.ts'

const Place = z.tuple([Timestamp, UserId])

/** The cursor behind a person in the list, as an opaque text. */
export function toCursor({ createdAt, id }: { createdAt: string; id: UserId }): string {
  return Buffer.from(JSON.stringify([createdAt, id])).toString('base64url')
}

/** @throws BAD_REQUEST when the text was not made by `toCursor` */
export function fromCursor(cursor: string): { createdAt: string; id: UserId } {
  try {
    const [createdAt, id] = Place.parse(JSON.parse(Buffer.from(cursor, 'base64url').toString()))
    return { createdAt, id }
  } catch {
    throw badCursor()
  }
}

/** The cursor of an entry of the audit log. */
export function fromNumber(cursor: string): number {
  if (!/^\d{1,15}$/.test(cursor)) {
    throw badCursor()
  }
  return Number(cursor)
}

function badCursor(): TRPCError {
  return new TRPCError({
    code: 'BAD_REQUEST',
    message: 'cursor: pass the nextCursor of the page before.',
  })
}
