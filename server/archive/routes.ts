import { createWriteStream } from 'node:fs'
import { mkdtemp, rm } from 'node:fs/promises'
import { Readable, Transform } from 'node:stream'
import { pipeline } from 'node:stream/promises'
import { join } from 'node:path'
import { TRPCError } from '@trpc/server'
import type { FastifyInstance } from 'fastify'
import { sessions } from '../../shared/contract/api/sessions.ts'
import type { File } from '../../shared/contract/file.ts'
import { FileId, SessionId } from '../../shared/contract/ids.ts'
import type { UserId } from '../../shared/contract/ids.ts'
import { notFound, toApiError } from '../api-error.ts'
import { openExport } from '../sessions/queries.ts'
import { admitDoor } from '../doors/request.ts'
import type { DoorOptions } from '../doors/request.ts'
import { admitRequest } from '../files/http/access.ts'
import type { FileAccess } from '../files/http/access.ts'
import { UnderWay } from '../files/http/under-way.ts'
import type { Files } from '../files/files.ts'
import type { User } from '../auth/port.ts'
import { JSON_NAME, entryName } from './referred-files.ts'
import type { Referred } from './referred-files.ts'
import { renameFiles, unzip } from './unzip.ts'
import { zipOf } from './zip-writer.ts'
import type { ZipEntry } from './zip-writer.ts'

/** The most bytes of an archive, and of its unpacked entries. */
const MAX_ARCHIVE = 2 * 1024 * 1024 * 1024

type ArchiveOptions = FileAccess & { doors: DoorOptions; files: Files }

/** Export and import of conversations with their files, as zip archives. */
export function archiveRoutes({ doors, files, ...access }: ArchiveOptions) {
  const receiving = new UnderWay({ perPerson: 1, most: 2 })

  return async function plugin(app: FastifyInstance): Promise<void> {
    app.removeAllContentTypeParsers()
    app.addContentTypeParser('*', (_request, _body, done) => done(null))

    /** An archive may contain more than is stored, so its size alone refuses only a person without any room. */
    const enter = async (user: User): Promise<Disposable> => {
      await files.admit(user, 1)
      return receiving.enter(user.id)
    }

    app.get<{ Params: { id: string } }>('/api/session/:id/export/zip', async (request, reply) => {
      const { user, services } = await admitDoor(doors, request, reply)
      const id = SessionId.safeParse(request.params.id)
      if (!id.success) throw notFound('session')
      const asker = { services, user, address: access.clientAddress(request.raw) }
      const { name, pieces } = await openExport(asker, { id: id.data, format: 'json' }).catch(
        publicly,
      )
      const named = encodeURIComponent(name.replace(/\.json$/, '.zip'))
      return reply
        .headers({
          'content-disposition': `attachment; filename*=UTF-8''${named}`,
          'cache-control': 'private, no-store',
        })
        .type('application/zip')
        .send(Readable.from(zipOf(entriesOf(files, user.id, pieces)), { objectMode: false }))
    })

    app.post(
      '/api/session/import/zip',
      { bodyLimit: MAX_ARCHIVE, config: { streamed: true } },
      async (request, reply) => {
        const { user } = await admitRequest(access, request, reply)
        const { call } = await admitDoor(doors, request, reply)
        using _ = await enter(user).catch((error: unknown) => {
          // The rest of a refused body is not read.
          void reply.header('connection', 'close')
          throw toApiError(error)
        })
        const folder = await mkdtemp(join(files.uploads, 'archive-'))
        try {
          const path = join(folder, 'archive')
          await pipeline(request.raw, atMost(MAX_ARCHIVE), createWriteStream(path))
          const { json, referred } = await unzip({ path, folder, maxBytes: MAX_ARCHIVE })
          const data = await renameFiles({ json, stored: await storeFiles(files, user, referred) })
          // Sent when this handler has ended, so that the next import finds that this one is over.
          return await call(sessions.import, { data })
        } finally {
          await rm(folder, { recursive: true, force: true })
        }
      },
    )
  }
}

/** The conversation as it is read, then its files. `missing.txt` names those that cannot be read. */
export async function* entriesOf(
  files: Pick<Files, 'find' | 'read'>,
  userId: UserId,
  pieces: AsyncIterable<string>,
): AsyncGenerator<ZipEntry> {
  const ids = new Set<string>()
  yield { name: JSON_NAME, content: withIds(pieces, ids) }
  const missing: string[] = []
  for (const given of ids) {
    const id = FileId.safeParse(given)
    const stored = id.success ? await files.find(userId, id.data) : null
    if (!stored) continue
    // The file is opened first, because an archive that is cut is of no use.
    const content = await files.read(stored).catch(() => null)
    if (content) yield { name: entryName(stored.file), content }
    else missing.push(entryName(stored.file))
  }
  if (missing.length > 0) {
    const text = `These files could not be read and are not in the archive:\n${missing.join('\n')}\n`
    yield { name: 'missing.txt', content: Readable.from([Buffer.from(text)]) }
  }
}

/** The pieces as bytes; it collects the ids of the files that they name. A piece has whole messages. */
async function* withIds(
  pieces: AsyncIterable<string>,
  ids: Set<string>,
): AsyncGenerator<Uint8Array> {
  for await (const piece of pieces) {
    for (const [, id = ''] of piece.matchAll(/"id":"([0-9a-f-]{36})","name":/g)) ids.add(id)
    yield Buffer.from(piece)
  }
}

/**
 * Stores the files to which the conversations refer, as if the person had sent them; returns them by their ids there.
 */
async function storeFiles(
  files: Files,
  user: User,
  referred: readonly Referred[],
): Promise<Map<string, File>> {
  const stored = new Map<string, File>()
  for (const { id, name, entry } of referred) {
    // A file over the limit is left out; its name is in the conversation.
    if (entry.bytes > files.maxBytes) continue
    const { path } = entry
    stored.set(id, await files.accept(user, { id: null, path, name, mimeType: null }))
  }
  return stored
}

function atMost(most: number): Transform {
  let bytes = 0
  return new Transform({
    transform(chunk: Buffer, _encoding, done) {
      bytes += chunk.length
      if (bytes > most) done(badRequest('An archive may have 2 GiB at most.'))
      else done(null, chunk)
    },
  })
}

function publicly(error: unknown): never {
  throw toApiError(error)
}

function badRequest(message: string): TRPCError {
  return new TRPCError({ code: 'BAD_REQUEST', message })
}
