import type { HighlightAnswer, HighlightRequest } from './highlight-worker.ts'

/** The longest time for one text, because a grammar can loop for ever. */
const PATIENCE_MS = 20_000

const NOTHING = new Uint32Array()
let worker: Worker | null = null
let lastId = 0
const waiting = new Map<number, (tokens: Uint32Array) => void>()

/** The tokens of a code, from a worker, so that the page stays responsive. */
export function tokensOf(code: string, language: string): Promise<Uint32Array> {
  const id = ++lastId
  const { promise, resolve } = Promise.withResolvers<Uint32Array>()
  const timer = setTimeout(stop, PATIENCE_MS)
  waiting.set(id, (tokens) => {
    clearTimeout(timer)
    waiting.delete(id)
    resolve(tokens)
  })
  worker ??= start()
  worker.postMessage({ id, code, language } satisfies HighlightRequest)
  return promise
}

function start(): Worker {
  const started = new Worker(new URL('./highlight-worker.ts', import.meta.url), { type: 'module' })
  started.addEventListener('message', ({ data }: MessageEvent<HighlightAnswer>) =>
    waiting.get(data.id)?.(data.tokens),
  )
  started.addEventListener('error', stop)
  return started
}

/** Ends the worker. Waiting code stays without colours; the next code starts another worker. */
function stop(): void {
  worker?.terminate()
  worker = null
  for (const answer of waiting.values()) answer(NOTHING)
}
