import { serialize } from 'node:v8'
import { answerFromThread } from '../../concurrency/thread-work.ts'
import type { ImportTask } from './import.ts'
import { readImport } from './import-read.ts'

/** The thread in which `import.ts` has files read: a text in, and out each session by itself, packed. */
answerFromThread(
  ({ texts, now }: ImportTask): Uint8Array<ArrayBuffer>[] =>
    // Copied out of the pool that small buffers share, so that they can be handed over.
    readImport(texts.join(''), now).map((session) => new Uint8Array(serialize(session))),
  (packed) => packed.map(({ buffer }) => buffer),
)
