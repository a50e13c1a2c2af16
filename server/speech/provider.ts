import { openAsBlob } from 'node:fs'
import { APIError, toFile } from 'openai'
import { Stream } from 'openai/streaming'
import { TRPCError } from '@trpc/server'
import { z } from 'zod'
import type { Config } from '../config/config.ts'
import { SOUND_TOKENS_PER_SECOND } from '../model/catalog/prices.ts'
import { createOpenAiClient } from '../model/openai-client.ts'
import type { ModelUsage } from '../model/port.ts'

export type SpeechConfig = NonNullable<Config['speech']>

/** Speech to text and text to speech, over an API in OpenAI's form. */
export type SpeechProvider = {
  /** Yields the text as it arrives, and the usage if the service reports it. */
  transcribe(
    audio: { path: string; mimeType: string; name: string },
    signal: AbortSignal,
    onUsage: (used: ModelUsage) => Promise<void>,
  ): AsyncIterable<string>
  /** MP3 data as it arrives. */
  speak(
    text: string,
    wanted: { voice: string | null; speed: number },
    signal: AbortSignal,
  ): Promise<ReadableStream<Uint8Array>>
}

type TranscriptEvent = { type: string; delta?: string; usage?: unknown }

/** Usage in tokens, or as the length of the recording. */
const TranscriptUsage = z.union([
  z.object({ input_tokens: z.number(), output_tokens: z.number() }),
  z.object({ seconds: z.number() }),
])

export function createSpeechProvider(config: SpeechConfig): SpeechProvider {
  const client = createOpenAiClient({
    ...{ apiKey: config.apiKey, baseUrl: config.baseUrl, timeout: config.timeoutMs },
    maxRetries: 1,
  })

  return {
    async *transcribe({ path, mimeType, name }, signal, onUsage) {
      const file = await toFile(await openAsBlob(path), name, { type: mimeType })
      const body = { file, model: config.toTextModel, stream: true as const }
      const response = await client.audio.transcriptions
        .create(body, { signal })
        .asResponse()
        .catch(explain)
      // Endpoints that cannot stream answer at once, whatever the request says.
      if (response.headers.get('content-type')?.includes('text/event-stream') !== true) {
        const { text, usage } = (await response.json()) as { text?: string; usage?: unknown }
        await tell(usage, onUsage)
        if (text) yield text
        return
      }
      const controller = new AbortController()
      signal.addEventListener('abort', () => controller.abort(), { once: true })
      for await (const event of Stream.fromSSEResponse<TranscriptEvent>(response, controller)) {
        if (event.type === 'transcript.text.delta' && event.delta) yield event.delta
        if (event.type === 'transcript.text.done') await tell(event.usage, onUsage)
      }
    },

    async speak(text, { voice, speed }, signal) {
      const { body } = await client.audio.speech
        .create(
          {
            ...{ model: config.toSpeechModel, voice: voice ?? config.voice, input: text, speed },
            response_format: 'mp3',
          },
          { signal },
        )
        .catch(explain)
      if (!body) throw unavailable('answered with nothing')
      return body
    },
  }
}

async function tell(given: unknown, onUsage: (used: ModelUsage) => Promise<void>): Promise<void> {
  const { data: used } = TranscriptUsage.safeParse(given)
  if (!used) return
  await onUsage(
    'seconds' in used
      ? { inputTokens: Math.ceil(used.seconds * SOUND_TOKENS_PER_SECOND), outputTokens: 0 }
      : { inputTokens: used.input_tokens, outputTokens: used.output_tokens },
  )
}

/** The service did nothing: it refused, or was not reached. */
export class ServiceRefusal extends TRPCError {}

function explain(cause: unknown): never {
  if (cause instanceof APIError && cause.status !== undefined) {
    const { status } = cause
    if (status === 400 || status === 413 || status === 415 || status === 422) {
      const message = 'The speech service cannot use this recording or text.'
      throw new ServiceRefusal({ code: 'BAD_REQUEST', message, cause })
    }
    throw unavailable(status === 401 || status === 403 ? 'refuses our key' : `answered ${status}`)
  }
  throw unavailable('cannot be reached')
}

function unavailable(what: string): TRPCError {
  return new ServiceRefusal({
    code: 'SERVICE_UNAVAILABLE',
    message: `The speech service ${what}. Try again, or ask the administrator of this server.`,
  })
}
