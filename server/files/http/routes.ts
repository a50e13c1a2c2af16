import { rm } from 'node:fs/promises'
import { TRPCError } from '@trpc/server'
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify'
import { FileId } from '../../../shared/contract/ids.ts'
import { notFound } from '../../api-error.ts'
import { addressGroup } from '../../address-group.ts'
import type { OnError } from '../../log-ids.ts'
import type { Files } from '../files.ts'
import { StoreError } from '../store.ts'
import { admitAnybody, admitRequest } from './access.ts'
import type { FileAccess } from './access.ts'
import { sendDownload } from './download.ts'
import { receiveFile, tooLarge } from './receive.ts'
import { createResumableUploads } from './resumable.ts'
import type { UnderWay } from './under-way.ts'

export type FileRoutesOptions = FileAccess & {
  files: Files
  /** Limits the uploads at the same time, except those by tus. */
  receiving: UnderWay
  /** The path that everything is below; empty at the root. */
  basePath: string
  onError: OnError
}

const UPLOADS = '/api/files/uploads'
/** The most bytes of a form besides its file. */
const FORM_BYTES = 64 * 1024

/**
 * Uploads and downloads of files. A body is read only after the request was admitted, and then goes to the disk as it
 * arrives.
 */
export function fileRoutes(options: FileRoutesOptions) {
  const { files, receiving } = options
  const uploads = createResumableUploads(files, {
    path: UPLOADS,
    basePath: options.basePath,
    onError: options.onError,
  })
  const bodyLimit = files.maxBytes + FORM_BYTES

  return async function plugin(app: FastifyInstance): Promise<void> {
    app.removeAllContentTypeParsers()
    app.addContentTypeParser('*', (_request, _body, done) => done(null))
    app.setErrorHandler((error, request, reply) => {
      // The rest of a refused body is not read.
      void reply.header('connection', 'close')
      if (!(error instanceof StoreError)) throw error
      options.onError(error.cause ?? error, 'the store of the files failed', {
        request: request.id,
      })
      throw new TRPCError({ code: 'SERVICE_UNAVAILABLE', message: error.message })
    })

    app.post<{ Querystring: { id?: string } }>(
      '/api/files',
      { bodyLimit, config: { streamed: true } },
      async (request, reply) => {
        const { user } = await admitRequest(options, request, reply)
        const id = idIn(request.query.id)
        if (Number(request.headers['content-length'] ?? 0) > bodyLimit) {
          throw tooLarge(files.maxBytes)
        }
        using _ = receiving.enter(user.id)
        const received = await receiveFile(request, files)
        try {
          // Sent when this handler has ended, so that the next upload finds that this one is over.
          return await files.accept(user, { ...received, id })
        } finally {
          await rm(received.path, { force: true })
        }
      },
    )

    app.get<{ Params: { id: string }; Querystring: { width?: string } }>(
      '/api/files/:id',
      async (request, reply) => {
        const { user } = await admitRequest(options, request, reply)
        const id = FileId.safeParse(request.params.id)
        const stored = id.success ? await files.find(user.id, id.data) : null
        if (!stored) throw notFound('file')
        return sendDownload(request, reply, files, stored, user.id)
      },
    )

    app.get<{ Params: { token: string; id: string }; Querystring: { width?: string } }>(
      '/api/share/:token/files/:id',
      async (request, reply) => {
        await admitAnybody(options, request, reply)
        const id = FileId.safeParse(request.params.id)
        const stored = id.success ? await files.findShared(request.params.token, id.data) : null
        if (!stored) throw notFound('file')
        // Readers of one share take turns, so that none keeps its pictures from the others.
        const whose = `${request.params.token} ${addressGroup(options.clientAddress(request.raw))}`
        return sendDownload(request, reply, files, stored, whose)
      },
    )

    const resumable = async (request: FastifyRequest, reply: FastifyReply): Promise<void> => {
      const { user } = await admitRequest(options, request, reply)
      // The library writes the response itself, with the headers of every response.
      const headers = reply.getHeaders()
      reply.hijack()
      for (const [name, value] of Object.entries(headers)) {
        if (value !== undefined) reply.raw.setHeader(name, value)
      }
      await uploads.handle(request.raw, reply.raw, { user, request: request.id })
    }
    const route = { bodyLimit, config: { streamed: true }, handler: resumable }
    app.route({ method: 'POST', url: UPLOADS, ...route })
    app.route({ method: ['HEAD', 'PATCH', 'DELETE'], url: `${UPLOADS}/:id`, ...route })
    app.options(UPLOADS, async (_request, reply) =>
      reply
        .headers({
          'tus-resumable': '1.0.0',
          'tus-version': '1.0.0',
          'tus-extension': 'creation,creation-with-upload,termination',
          'tus-max-size': String(files.maxBytes),
        })
        .code(204)
        .send(),
    )
  }
}

function idIn(given: string | undefined): FileId | null {
  if (given === undefined) return null
  const id = FileId.safeParse(given)
  if (!id.success) throw new TRPCError({ code: 'BAD_REQUEST', message: 'id: must be a UUID.' })
  return id.data
}
