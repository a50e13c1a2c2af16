import { TRPCError } from '@trpc/server'
import { z } from 'zod'
import * as table from '../../db/queries/files/files.ts'
import { files } from '../../shared/contract/api/files.ts'
import { FileId } from '../../shared/contract/ids.ts'
import { Timestamp } from '../../shared/contract/session.ts'
import { CommandError, notFound } from '../api-error.ts'
import { mutation, procedure, query } from '../trpc.ts'

const Place = z.tuple([Timestamp, FileId])

export const getFile = query(files.get, async ({ services, user }, { id }) => {
  const stored = await table.findFile(services.database.db, user.id, id)
  if (!stored) throw notFound('file')
  return stored.file
})

export const watchFile = procedure
  .meta(files.watch)
  .input(files.watch.input)
  .subscription(async function* ({ ctx: { services, user }, input, signal }) {
    const over = signal ?? new AbortController().signal
    const stored = await table.findFile(services.database.db, user.id, input.id)
    if (!stored) throw notFound('file')
    yield stored.file
    if (stored.file.status !== 'processing') return
    const [read] = await services.files.settled(user.id, [input.id], over)
    if (read && !over.aborted) yield read
  })

export const listFiles = query(files.list, async ({ services, user }, { cursor, limit }) => {
  const { db } = services.database
  const after = cursor ? fromCursor(cursor) : null
  const page = await table.listFiles(db, user.id, { after, limit: limit + 1 })
  const shown = page.slice(0, limit)
  const last = shown.at(-1)
  return {
    items: shown.map(({ file }) => file),
    nextCursor: page.length > limit && last ? toCursor(last) : null,
  }
})

export const deleteFile = mutation(files.delete, async ({ services, user }, { id }) => {
  const { db } = services.database
  const isDeleted = await db
    .transaction()
    .execute((transaction) => table.deleteUnusedFile(transaction, user.id, id))
  if (!isDeleted) {
    if (!(await table.findFile(db, user.id, id))) throw notFound('file')
    throw new CommandError(
      'CONFLICT',
      'A message has this file. Delete the conversation, and the file goes with it.',
    )
  }
  return { id }
})

function toCursor({ createdAt, file }: table.StoredFile): string {
  return Buffer.from(JSON.stringify([createdAt, file.id])).toString('base64url')
}

function fromCursor(cursor: string): { createdAt: string; id: FileId } {
  try {
    const [createdAt, id] = Place.parse(JSON.parse(Buffer.from(cursor, 'base64url').toString()))
    return { createdAt, id }
  } catch {
    throw new TRPCError({
      code: 'BAD_REQUEST',
      message: 'cursor: pass the nextCursor of the page before.',
    })
  }
}
