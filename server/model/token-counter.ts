import { extname } from 'node:path'
import { Worker } from 'node:worker_threads'

/** The method by which tokens were counted. */
export type TokenBasis = 'estimate' | 'count'

export type TokenCounter = {
  /** A rough number, without waiting. */
  estimate(text: string): number
  /** Counts with a tokenizer, which may not be the model's own. */
  count(texts: string[]): Promise<number[]>
  /** The factor between the model's own counts and these, as far as it reported any. */
  correction(model: string, basis: TokenBasis): number
  /** Learns the factor from a request: what was counted for it (uncorrected), and what the model reported. */
  learn(model: string, basis: TokenBasis, counted: number, reported: number): void
  close(): Promise<void>
}

/**
 * Counts tokens in two ways. An estimate costs nothing, and is enough while there is room to spare. The tokenizer takes
 * some 50 MiB and time, so it runs in a thread that ends after a while without work. Both are corrected by what the
 * model reported for earlier requests, because each model has another tokenizer.
 */
export function createTokenCounter(): TokenCounter {
  const corrections = new Map<string, number>()
  let thread: CountingThread | null = null

  return {
    estimate,
    async count(texts) {
      thread ??= startThread(() => {
        thread = null
      })
      try {
        return await thread.count(texts)
      } catch {
        // Without the tokenizer a raised estimate is used, to be on the safe side.
        return texts.map((text) => Math.ceil(estimate(text) * 1.25))
      }
    },
    correction: (model, basis) => corrections.get(`${basis} ${model}`) ?? 1,
    learn(model, basis, counted, reported) {
      if (counted < MIN_TO_LEARN || reported <= 0) return
      const key = `${basis} ${model}`
      const seen = Math.min(Math.max(reported / counted, 0.8), 2.5)
      const before = corrections.get(key)
      corrections.set(key, before === undefined ? seen : (before + seen) / 2)
    },
    close: async () => {
      await thread?.end()
    },
  }
}

/** Estimates by the number of characters and bytes: several Latin letters share a token, other characters take more. */
function estimate(text: string): number {
  const further = Buffer.byteLength(text) - text.length
  return Math.ceil(text.length / 3.6 + further * 0.28)
}

/** In a smaller request what is not text has too much weight. */
const MIN_TO_LEARN = 500

type CountingThread = { count(texts: string[]): Promise<number[]>; end(): Promise<unknown> }

function startThread(onEnd: () => void): CountingThread {
  const worker = new Worker(new URL(`./token-worker${extname(import.meta.url)}`, import.meta.url))
  const asked = new Map<number, PromiseWithResolvers<number[]>>()
  let number = 0
  let idle: NodeJS.Timeout | undefined
  worker.unref()
  const end = (reason: unknown): void => {
    clearTimeout(idle)
    onEnd()
    for (const { reject } of asked.values()) reject(reason)
    asked.clear()
  }
  worker.on('message', ({ id, counts }: { id: number; counts: number[] }) => {
    asked.get(id)?.resolve(counts)
    asked.delete(id)
    clearTimeout(idle)
    idle = setTimeout(() => void worker.terminate(), IDLE_MS).unref()
  })
  worker.on('error', end)
  worker.on('exit', () => end(new Error('the counting thread ended')))
  return {
    count(texts) {
      const answer = Promise.withResolvers<number[]>()
      const id = (number += 1)
      asked.set(id, answer)
      clearTimeout(idle)
      worker.postMessage({ id, texts })
      const late = setTimeout(() => void worker.terminate(), LONGEST_MS).unref()
      return answer.promise.finally(() => clearTimeout(late))
    },
    end: () => worker.terminate(),
  }
}

const IDLE_MS = 30_000
const LONGEST_MS = 5_000
