import { rm, stat } from 'node:fs/promises'
import { Readable } from 'node:stream'
import { TRPCError } from '@trpc/server'
import type { FastifyInstance, FastifyReply } from 'fastify'
import { z } from 'zod'
import { findMessage } from '../../db/queries/messages/messages.ts'
import type { Db } from '../../db/engine/database.ts'
import { MessageId } from '../../shared/contract/ids.ts'
import { notFound, toApiError } from '../api-error.ts'
import type { Asker } from '../auth/port.ts'
import { keyOf } from '../budget/planned-call.ts'
import type { Files } from '../files/files.ts'
import { admitRequest } from '../files/http/access.ts'
import type { FileAccess } from '../files/http/access.ts'
import { receiveFile } from '../files/http/receive.ts'
import type { UnderWay } from '../files/http/under-way.ts'
import { tokensOf, tokensOfText } from './billing.ts'
import type { SpeechBill, SpeechBilling, SpeechFor } from './billing.ts'
import { longestDuration } from './duration.ts'
import { ServiceRefusal } from './provider.ts'
import type { SpeechProvider } from './provider.ts'
import { inPieces, speakable, spokenText } from '../../shared/session/speakable.ts'

export type SpeechRoutesOptions = FileAccess & {
  db: Db
  files: Files
  /** Limits the uploads at the same time; a recording is one as long as it is stored. */
  receiving: UnderWay
  /** Null when no service is configured. */
  service: { provider: SpeechProvider; billing: SpeechBilling } | null
}

/** File extensions, by which a service knows the type of a recording. */
const ENDINGS: Record<string, string> = {
  'audio/webm': 'webm',
  'video/webm': 'webm',
  'audio/ogg': 'ogg',
  'audio/mp4': 'm4a',
  'audio/x-m4a': 'm4a',
  'video/mp4': 'mp4',
  'audio/mpeg': 'mp3',
  'audio/wav': 'wav',
  'audio/x-wav': 'wav',
  'audio/wave': 'wav',
  'audio/flac': 'flac',
}

const SpeechQuery = z.object({
  voice: z
    .string()
    .regex(/^[\w .-]{1,60}$/)
    .optional(),
  speed: z.coerce.number().min(0.25).max(4).default(1),
  /** The part of the text to read, in UTF-16 units, so that an answer can be read while it is written. */
  from: z.coerce.number().int().min(0).default(0),
  to: z.coerce.number().int().min(0).optional(),
})

/** Speech to text and text to speech. A recording is stored only while it is read. */
export function speechRoutes(options: SpeechRoutesOptions) {
  return async function plugin(app: FastifyInstance): Promise<void> {
    app.removeAllContentTypeParsers()
    app.addContentTypeParser('*', (_request, _body, done) => done(null))

    app.post(
      '/api/speech/transcriptions',
      {
        bodyLimit: options.files.maxBytes,
        config: { streamed: true },
        errorHandler: (error, _request, reply) => {
          // The rest of a refused body is not read.
          void reply.header('connection', 'close')
          throw error
        },
      },
      async (request, reply) => {
        const asker = await admitRequest(options, request, reply)
        const { provider, billing } = serviceOf(options)
        const underWay = options.receiving.enter(asker.user.id)
        const signal = untilGone(reply)
        onceAborted(signal, () => underWay[Symbol.dispose]())
        const { path, mimeType } = await receiveFile(request, options.files)
        // If this fails, the sweep of uploads removes it.
        onceAborted(signal, () => void rm(path, { force: true }).catch(() => undefined))
        const type = mimeType?.split(';', 1)[0]?.trim().toLowerCase() ?? ''
        const ending = ENDINGS[type]
        if (ending === undefined) {
          throw new TRPCError({
            code: 'BAD_REQUEST',
            message: `Send a recording: its content type is one of ${Object.keys(ENDINGS).join(', ')}.`,
          })
        }
        const audio = { path, mimeType: type, name: `recording.${ending}` }
        const whose = { payer: payerOf(asker), sessionId: null }
        const seconds = await longestDuration(path, (await stat(path)).size, ending)
        const bill = await billing.forRecording(seconds, whose).catch(publicly)
        const words = provider
          .transcribe(audio, signal, (used) => bill.took(used))
          [Symbol.asyncIterator]()
        // The first text shows that the service accepts the recording: before it, an error can have a status of its
        // own.
        const first = await words.next().catch((error: unknown) => givenUp(error, bill, signal))
        const source = withRest(first, words, bill)
        return reply
          .type('text/plain; charset=utf-8')
          .send(Readable.from(source, { objectMode: false }))
      },
    )

    app.get<{ Params: { id: string } }>('/api/messages/:id/speech', async (request, reply) => {
      const asker = await admitRequest(options, request, reply, 'mutation')
      const { user } = asker
      const { provider, billing } = serviceOf(options)
      const wanted = SpeechQuery.safeParse(request.query)
      if (!wanted.success) {
        throw new TRPCError({ code: 'BAD_REQUEST', message: z.prettifyError(wanted.error) })
      }
      const id = MessageId.safeParse(request.params.id)
      const found = id.success ? await findMessage(options.db, user.id, id.data) : null
      if (!found) throw notFound('message')
      const { voice = null, speed, from, to } = wanted.data
      const text = spokenText(found.message.parts).slice(from, to)
      const pieces = inPieces(speakable(text))
      const [head, ...rest] = pieces
      if (head === undefined) {
        throw new TRPCError({
          code: 'BAD_REQUEST',
          message: 'There is nothing to read aloud in it.',
        })
      }
      const signal = untilGone(reply)
      const whose = { payer: payerOf(asker), sessionId: found.message.sessionId }
      const speak = async (piece: string) => {
        const bill = await billing.forReading(piece.length, speed, whose).catch(publicly)
        const sound = await provider
          .speak(piece, { voice, speed }, signal)
          .catch((error: unknown) => givenUp(error, bill, signal))
        await bill.took(tokensOf(piece.length, speed))
        return sound
      }
      const first = await speak(head)
      return reply
        .headers({ 'cache-control': 'private, no-store' })
        .type('audio/mpeg')
        .send(Readable.from(audioOf(first, rest, speak), { objectMode: false }))
    })
  }
}

function serviceOf({ service }: SpeechRoutesOptions) {
  if (service) return service
  throw new TRPCError({
    code: 'NOT_IMPLEMENTED',
    message: 'No speech service is set up on this server: see SPEECH_BASE_URL in its settings.',
  })
}

function payerOf({ user, login }: Asker): SpeechFor['payer'] {
  return { userId: user.id, keyId: keyOf(login) }
}

function publicly(error: unknown): never {
  throw toApiError(error)
}

/** Releases the reservation when the service refused; when the outcome is unknown, it counts. */
async function givenUp(error: unknown, bill: SpeechBill, signal: AbortSignal): Promise<never> {
  if (!signal.aborted && error instanceof ServiceRefusal) await bill.failed()
  throw error
}

/** A signal that aborts when the response is over, or the client closes the connection. */
function untilGone(reply: FastifyReply): AbortSignal {
  const gone = new AbortController()
  reply.raw.once('close', () => gone.abort())
  // The connection may have gone while the request was admitted.
  if (reply.raw.destroyed) gone.abort()
  return gone.signal
}

/** Does this at the end of a request, however that ends; at once if it has ended. */
function onceAborted(signal: AbortSignal, work: () => void): void {
  if (signal.aborted) work()
  else signal.addEventListener('abort', work, { once: true })
}

async function* withRest(
  first: IteratorResult<string>,
  words: AsyncIterator<string>,
  bill: SpeechBill,
): AsyncGenerator<Buffer> {
  let characters = 0
  for (let next = first; !next.done; next = await words.next()) {
    characters += next.value.length
    yield Buffer.from(next.value)
  }
  // This is for a service that did not report the usage; otherwise it is settled already.
  await bill.took(tokensOfText(characters))
}

async function* audioOf(
  first: ReadableStream<Uint8Array>,
  rest: readonly string[],
  speak: (piece: string) => Promise<ReadableStream<Uint8Array>>,
): AsyncGenerator<Uint8Array> {
  yield* first
  for (const piece of rest) yield* await speak(piece)
}
