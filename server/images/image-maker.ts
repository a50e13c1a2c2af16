import { APIConnectionError, APIError } from 'openai'
import type { ImagesResponse } from 'openai/resources/images'
import type { Budget, Payer } from '../budget/planned-call.ts'
import type { Config } from '../config/config.ts'
import type { OnError } from '../log-ids.ts'
import { createOpenAiClient } from '../model/openai-client.ts'
import type { ModelUsage } from '../model/port.ts'
import type { Prices } from '../model/catalog/prices.ts'
import type { ImageMaker } from '../tools/create-image.ts'
import { CallLostError } from '../tools/tool.ts'
import type { RunOfCall } from '../tools/tool.ts'

export type ImagesConfig = NonNullable<Config['images']>

export type ImageMakerOptions = {
  config: ImagesConfig
  budget: Budget
  prices: Pick<Prices, 'cost'>
  /** Records the usage of a picture; null when the service does not report it, or the price is unknown. */
  record(
    run: RunOfCall,
    used: { model: string; usage: Omit<ModelUsage, 'costUsd'> & { costUsd: number | null } },
  ): Promise<void>
  onError: OnError
}

/** The most tokens that a picture takes, as far as is known. */
const MOST_TOKENS = 8_000
const NOTHING: ModelUsage = { inputTokens: 0, outputTokens: 0 }

/** Makes pictures by an API in OpenAI's form (`/images/generations`). */
export function createImageMaker({
  config,
  budget,
  prices,
  record,
  onError,
}: ImageMakerOptions): ImageMaker {
  const { model, approval } = config
  const client = createOpenAiClient({
    ...{ apiKey: config.apiKey, baseUrl: config.baseUrl, timeout: config.timeoutMs },
    // A request that is retried could be made, and paid for, twice.
    maxRetries: 0,
  })

  async function ask(prompt: string, shape: Shape, signal: AbortSignal): Promise<ImagesResponse> {
    try {
      return await client.images.generate(
        {
          ...{ model, prompt, n: 1, size: sizeOf(model, shape) },
          ...(!isOfGptFamily(model) && { response_format: 'b64_json' }),
        },
        { signal },
      )
    } catch (error) {
      throw explain(error)
    }
  }

  return {
    approval,
    async make({ prompt, shape }, { caller, signal, run }) {
      const payer: Payer = { userId: caller.id, keyId: run?.keyId ?? null }
      const inputTokens = Math.ceil(prompt.length / 2)
      const planned = { model, inputTokens, outputTokens: MOST_TOKENS, payer }
      const reserved = await budget.reserve(planned)
      if (!reserved.ok) throw new Error(reserved.error.message)
      const { settle, shortage } = reserved.reservation
      if (shortage) {
        await settle(NOTHING)
        await shortage.note()
        throw new Error(shortage.error.message)
      }
      let answer: ImagesResponse
      try {
        answer = await ask(prompt, shape, signal)
      } catch (error) {
        // When the outcome is unknown, the whole reservation counts.
        if (!(error instanceof CallLostError) && !signal.aborted) await settle(NOTHING)
        throw error
      }
      const used = usageOf(answer)
      const costUsd = used ? await prices.cost(model, used) : null
      try {
        if (used) await settle(used)
        if (run) await record(run, { model, usage: { ...(used ?? NOTHING), costUsd } })
      } catch (error) {
        // The picture is there and paid for: it must not be lost because counting it failed.
        onError(error, 'what a picture took could not be recorded', {
          ...(run && { session: run.sessionId }),
        })
      }
      const [picture] = answer.data ?? []
      if (!picture?.b64_json) throw new Error('The image service answered without a picture.')
      const data = Buffer.from(picture.b64_json, 'base64')
      const { revised_prompt: revisedPrompt } = picture
      return {
        ...{ data, mimeType: typeOf(data) },
        ...(revisedPrompt && { revisedPrompt: revisedPrompt.slice(0, 8_000) }),
      }
    },
  }
}

type Shape = Parameters<ImageMaker['make']>[0]['shape']

/** These models always answer with the bytes, and refuse the parameter that asks for them. */
function isOfGptFamily(model: string): boolean {
  return /(^|\/)(chat)?gpt-/.test(model)
}

function sizeOf(model: string, shape: Shape) {
  const isDallE = /dall-e-3/.test(model)
  switch (shape) {
    case 'square':
      return '1024x1024'
    case 'landscape':
      return isDallE ? '1792x1024' : '1536x1024'
    case 'portrait':
      return isDallE ? '1024x1792' : '1024x1536'
  }
}

function usageOf({ usage }: ImagesResponse): ModelUsage | null {
  if (!usage) return null
  return { inputTokens: usage.input_tokens, outputTokens: usage.output_tokens }
}

function typeOf(data: Buffer): string {
  if (data.subarray(0, 3).toString('hex') === 'ffd8ff') return 'image/jpeg'
  return data.subarray(8, 12).toString('latin1') === 'WEBP' ? 'image/webp' : 'image/png'
}

/** A response with a status is the service's own error; a request that was cut otherwise may have been carried out. */
function explain(cause: unknown): Error {
  if (cause instanceof APIError && cause.status !== undefined) {
    const { status } = cause
    if (status === 401 || status === 403) {
      return new Error('The image service refuses our key.', { cause })
    }
    if (status < 500) {
      return new Error(`The image service refused: ${cause.message.slice(0, 500)}`, { cause })
    }
    return new Error(`The image service answered ${status}.`, { cause })
  }
  if (cause instanceof APIConnectionError && isNeverSent(cause)) {
    return new Error('The image service cannot be reached.', { cause })
  }
  return new CallLostError('The image service was lost before it answered.', { cause })
}

/** True when there was no connection, so that nothing was sent. */
function isNeverSent(error: Error): boolean {
  for (let cause: unknown = error; cause instanceof Error; cause = cause.cause) {
    if ('code' in cause && /^(ECONNREFUSED|ENOTFOUND|EAI_AGAIN)$/.test(String(cause.code))) {
      return true
    }
  }
  return false
}
