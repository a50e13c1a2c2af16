import { z } from 'zod'
import { File } from '../file.ts'
import { FileId } from '../ids.ts'
import { group, mutation, query } from './declare.ts'

/** What can be asked of files. Their bytes come and go over HTTP alone: `POST /api/files`, `GET /api/files/{id}`. */
export const files = group('files', {
  list: query({
    rest: 'GET /files',
    summary: 'List your files, newest first',
    input: z.object({
      cursor: z.string().max(200).optional(),
      limit: z.coerce.number<number>().int().min(1).max(200).default(50),
    }),
    output: z.object({ items: z.array(File), nextCursor: z.string().nullable() }),
  }),

  get: query({
    rest: 'GET /files/{id}/info',
    summary: 'Get what is known of a file',
    input: z.object({ id: FileId }),
    output: File,
  }),

  /** Refused while a message has it. */
  delete: mutation({
    rest: 'DELETE /files/{id}',
    summary: 'Delete a file that no message has',
    input: z.object({ id: FileId }),
    output: z.object({ id: FileId }),
  }),
})
