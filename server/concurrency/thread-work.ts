import { parentPort } from 'node:worker_threads'
import type { Transferable } from 'node:worker_threads'
import { ThreadRefusal } from './threads.ts'
import type { ThreadAnswer } from './threads.ts'

/** Carries out each task that `workInThread` sends to this thread. */
export function answerFromThread<Input, Output>(
  work: (input: Input) => Output | Promise<Output>,
  transferred: (output: Output) => Transferable[] = () => [],
): void {
  const answer = async (input: Input): Promise<void> => {
    try {
      const output = await work(input)
      send({ output }, transferred(output))
    } catch (error) {
      send(asAnswer(error), [])
    }
  }
  parentPort?.on('message', (input: Input) => void answer(input))
}

function asAnswer(error: unknown): ThreadAnswer<never> {
  if (error instanceof ThreadRefusal) return { refusal: error.message }
  // A stack that overflows over a deeply nested input is not a bug.
  if (error instanceof RangeError) return { limit: 'depth' }
  return { failure: error instanceof Error ? (error.stack ?? error.message) : 'unknown' }
}

function send<Output>(answer: ThreadAnswer<Output>, transfer: Transferable[]): void {
  parentPort?.postMessage(answer, transfer)
}
