import type { IncomingMessage, ServerResponse } from 'node:http'
import { FileStore } from '@tus/file-store'
import { Server } from '@tus/server'
import type { Upload } from '@tus/server'
import { getHTTPStatusCodeFromError } from '@trpc/server/http'
import { FileId } from '../../../shared/contract/ids.ts'
import { CommandError, toApiError } from '../../api-error.ts'
import type { User } from '../../auth/port.ts'
import type { OnError } from '../../log-ids.ts'
import type { Files } from '../files.ts'
import { StoreError } from '../store.ts'
import { OpenUploads } from './open-uploads.ts'
import { tooLarge } from './receive.ts'

/** The fields of an error by which the tus library sends a refusal. */
type Refusal = { status_code: number; body: string }

type Asked = { user: User; request: string }

export type ResumableUploads = {
  /** Answers one request of the tus protocol by this person; `request` is its id. */
  handle(request: IncomingMessage, reply: ServerResponse, asked: Asked): Promise<void>
}

/**
 * Uploads that can be resumed (tus 1.0). An incomplete upload is on this machine's disk; when it is complete, it
 * becomes a file before the last piece is answered. If the process ends in between, the next request about the upload
 * does that.
 */
export function createResumableUploads(
  files: Files,
  { path, basePath, onError }: { path: string; basePath: string; onError: OnError },
): ResumableUploads {
  const store = new FileStore({ directory: files.uploads })
  const open = new OpenUploads(store)
  const asking = new WeakMap<object, Asked>()

  const askedBy = ({ runtime }: TusRequest): Asked | undefined => {
    const request = runtime?.node?.req
    return request && asking.get(request)
  }

  const userOf = (request: TusRequest): User => {
    const asked = askedBy(request)
    if (!asked) throw new Error('a request of an upload came past the check of who makes it')
    return asked.user
  }

  /** Two concurrent requests for one upload store the same file under the same id: the second finds the first's. */
  async function finish(user: User, upload: Upload): Promise<void> {
    const { filename, filetype } = upload.metadata ?? {}
    const where = upload.storage?.path
    if (!where) throw new Error(`upload ${upload.id} is nowhere`)
    try {
      await files.accept(user, {
        id: FileId.parse(upload.id),
        ...{ path: where, name: filename ?? '', mimeType: filetype ?? null },
      })
    } catch (error) {
      // A file that is refused for good is removed: it would take disk space without counting for anybody.
      if (error instanceof CommandError) await remove(user, upload.id)
      throw error
    }
  }

  async function remove(user: User, id: string): Promise<void> {
    await store.remove(id).catch(() => undefined)
    open.forget(user.id, id)
  }

  async function ownUpload(user: User, id: string): Promise<Upload | null> {
    const upload = await store.getUpload(id).catch(() => null)
    return upload?.metadata?.owner === user.id ? upload : null
  }

  async function isWhole(user: User, id: string): Promise<boolean> {
    const upload = await ownUpload(user, id)
    return upload !== null && upload.offset === upload.size
  }

  const server = new Server({
    path,
    datastore: store,
    maxSize: files.maxBytes,
    relativeLocation: true,
    // The proxy's own address must not appear in the answer.
    generateUrl: (_request, { path: base, id }) => `${basePath}${base}/${id}`,
    // A complete upload is a file, which is deleted as files are.
    disableTerminationForFinishedUploads: true,
    namingFunction: (_request, metadata) => {
      const wanted = metadata?.id
      if (wanted === undefined || wanted === null || wanted === '') return files.newId()
      const id = FileId.safeParse(wanted)
      if (!id.success) throw refusal(400, 'Upload-Metadata: id must be a UUID.')
      return id.data
    },
    onUploadCreate: async (request, upload) => {
      const user = userOf(request)
      if (upload.size === undefined) throw refusal(400, 'Upload-Length is needed.')
      const taken = await store.getUpload(upload.id).catch(() => null)
      if (taken) {
        throw refusal(409, 'An upload with this id has begun: go on with it, or choose a new id.')
      }
      const { id, size } = upload
      await open.begin(user.id, { id, size }, (bytes) => files.admit(user, bytes))
      return { metadata: { ...upload.metadata, owner: user.id } }
    },
    onIncomingRequest: async (request, id) => {
      if (request.method === 'POST') return
      const user = userOf(request)
      const upload = await ownUpload(user, id)
      if (!upload) throw refusal(404, 'There is no such upload.')
      if (upload.offset === upload.size && request.method === 'HEAD') await finish(user, upload)
    },
    onUploadFinish: async (request, upload) => {
      const whole = (await ownUpload(userOf(request), upload.id)) ?? upload
      await finish(userOf(request), whole)
      await remove(userOf(request), upload.id)
      return {}
    },
    onResponseError: (request, error) => {
      if ('status_code' in error) return sized(error, files.maxBytes)
      if (error instanceof StoreError) return { status_code: 503, body: error.message }
      if (error instanceof CommandError) {
        const status = getHTTPStatusCodeFromError(toApiError(error))
        return { status_code: status, body: error.message }
      }
      onError(error, 'an upload failed', { request: askedBy(request)?.request })
      return { status_code: 500, body: 'Something went wrong on the server. Try again.' }
    },
  })

  return {
    async handle(request, reply, asked) {
      const { user } = asked
      const id = FileId.safeParse(request.url?.split('?', 1)[0]?.split('/').at(-1))
      // A complete upload is a file and not an upload any more: the answer says that everything arrived.
      const stored = id.success && request.method !== 'POST' && (await files.find(user.id, id.data))
      if (stored && request.method === 'HEAD') {
        const size = String(stored.file.bytes)
        reply.writeHead(200, {
          'tus-resumable': '1.0.0',
          'upload-length': size,
          'upload-offset': size,
          'cache-control': 'no-store',
        })
        reply.end()
        return
      }
      // A complete upload, also one that is just becoming a file, cannot be cancelled: the file is deleted as files
      // are.
      if (
        request.method === 'DELETE' &&
        (stored || (id.success && (await isWhole(user, id.data))))
      ) {
        reply.writeHead(204, { 'tus-resumable': '1.0.0' })
        reply.end()
        return
      }
      asking.set(request, asked)
      await server.handle(request, reply)
    },
  }
}

/** The library wraps Node's request in its own. */
type TusRequest = { runtime?: { node?: { req: object } | undefined } | undefined }

function refusal(status_code: number, body: string): Refusal & Error {
  return Object.assign(new Error(body), { status_code, body })
}

function sized(error: Refusal, maxBytes: number): Refusal {
  const { status_code, body } = error
  return { status_code, body: status_code === 413 ? tooLarge(maxBytes).message : body.trim() }
}
