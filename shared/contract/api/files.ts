import { z } from 'zod'
import { File } from '../file.ts'
import { FileId } from '../ids.ts'
import { group, mutation, query, subscription } from './declare.ts'

/** Procedures about files. The bytes themselves go over HTTP only: `POST /api/files`, `GET /api/files/{id}`. */
export const files = group('files', {
  list: query({
    rest: 'GET /files',
    summary: 'List your files, newest first',
    input: z
      .object({
        cursor: z.string().max(200).nullish(),
        limit: z.coerce.number<number>().int().min(1).max(200).default(50),
      })
      .prefault({}),
    output: z.object({ items: z.array(File), nextCursor: z.string().nullable() }),
  }),

  get: query({
    rest: 'GET /files/{id}/info',
    summary: 'Get what is known of a file',
    input: z.object({ id: FileId }),
    output: File,
  }),

  /** Yields the file as it is now, and once more when its text has been read. */
  watch: subscription({
    input: z.object({ id: FileId }),
    events: z.custom<AsyncIterable<File>>(),
  }),

  /** Refused while a message has the file. */
  delete: mutation({
    rest: 'DELETE /files/{id}',
    summary: 'Delete a file that no message has',
    input: z.object({ id: FileId }),
    output: z.object({ id: FileId }),
  }),
})
