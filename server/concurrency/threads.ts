import { extname } from 'node:path'
import { Worker } from 'node:worker_threads'

/** The answer of a thread (see thread-work.ts). */
export type ThreadAnswer<Output> =
  | { output: Output }
  | { refusal: string }
  | { limit: 'depth' }
  | { failure: string }

export type ThreadBounds = {
  /** The most threads; further callers wait. */
  atOnce: number
  /** The most waiting tasks; a further one is rejected. */
  waiting: number
  memoryMb: number
  deadlineMs: number
}

/** The work exceeds its limits, or too much of it waits. */
export class ThreadLimitError extends Error {
  readonly limit: 'deadline' | 'memory' | 'depth' | 'queue'

  constructor(limit: ThreadLimitError['limit']) {
    super(`the work went beyond its bound (${limit})`)
    this.limit = limit
  }
}

/** The thread refused its input; the message gives the reason. */
export class ThreadRefusal extends Error {}

/**
 * Does work on input from others in a thread: the process stays responsive meanwhile, and a thread that exceeds its
 * time or its memory is ended. After an answer it is kept for some seconds for the next work.
 *
 * @param module the file of the thread, without its extension, relative to `base`
 * @param base `import.meta.url` of the caller: compiled to JavaScript, the file has another extension
 * @returns a function that runs the work. It throws ThreadRefusal, ThreadLimitError, or the signal's reason
 */
export function workInThread<Input, Output>(
  module: string,
  base: string,
  bounds: ThreadBounds,
): (input: Input, signal?: AbortSignal) => Promise<Output> {
  const file = new URL(`${module}${extname(base)}`, base)
  const queue: (() => void)[] = []
  let running = 0

  async function takeTurn(): Promise<void> {
    if (running >= bounds.atOnce) {
      if (queue.length >= bounds.waiting) throw new ThreadLimitError('queue')
      // A caller that ends passes its place on.
      return new Promise((resolve) => queue.push(resolve))
    }
    running += 1
  }

  const kept: Worker[] = []
  const drop = (worker: Worker): boolean => {
    const index = kept.indexOf(worker)
    if (index >= 0) kept.splice(index, 1)
    return index >= 0
  }
  const keep = (worker: Worker): void => {
    kept.push(worker)
    worker.unref()
    setTimeout(() => {
      if (drop(worker)) void worker.terminate()
    }, IDLE_MS).unref()
  }
  const begin = (): Worker => {
    const worker = start(file, bounds.memoryMb)
    return worker.on('exit', () => drop(worker))
  }

  return async (input, signal) => {
    await takeTurn()
    try {
      signal?.throwIfAborted()
      const worker = kept.pop() ?? begin()
      worker.ref()
      try {
        const output = await run<Output>(worker, input, bounds.deadlineMs, signal)
        keep(worker)
        return output
      } catch (error) {
        if (error instanceof ThreadRefusal) keep(worker)
        else void worker.terminate()
        throw error
      }
    } finally {
      const next = queue.shift()
      if (next) next()
      else running -= 1
    }
  }
}

const IDLE_MS = 10_000

function start(file: URL, memoryMb: number): Worker {
  const worker = new Worker(file, {
    // The thread gets nothing of the process's environment: settings have secrets, and it reads input from strangers.
    env: {},
    resourceLimits: { maxOldGenerationSizeMb: memoryMb, maxYoungGenerationSizeMb: 32 },
  })
  // A thread that dies while it is idle or being ended must not end the process.
  return worker.on('error', () => undefined)
}

async function run<Output>(
  worker: Worker,
  input: unknown,
  deadlineMs: number,
  signal: AbortSignal | undefined,
): Promise<Output> {
  const { promise, resolve, reject } = Promise.withResolvers<Output>()
  const onAbort = (): void => reject(signal?.reason)
  const deadline = setTimeout(() => reject(new ThreadLimitError('deadline')), deadlineMs)
  signal?.addEventListener('abort', onAbort, { once: true })
  const onMessage = (answer: ThreadAnswer<Output>): void => {
    if ('output' in answer) resolve(answer.output)
    else if ('refusal' in answer) reject(new ThreadRefusal(answer.refusal))
    else if ('limit' in answer) reject(new ThreadLimitError(answer.limit))
    else reject(new Error(answer.failure))
  }
  const onError = (error: NodeJS.ErrnoException): void => {
    const isMemory = error.code === 'ERR_WORKER_OUT_OF_MEMORY'
    reject(isMemory ? new ThreadLimitError('memory') : error)
  }
  const onExit = (): void => reject(new Error('the thread ended without an answer'))
  worker.on('message', onMessage).on('error', onError).on('exit', onExit)
  try {
    worker.postMessage(input)
    return await promise
  } finally {
    worker.off('message', onMessage).off('error', onError).off('exit', onExit)
    clearTimeout(deadline)
    signal?.removeEventListener('abort', onAbort)
  }
}
