import { serialize } from 'node:v8'
import { answerFromThread } from '../../concurrency/thread-work.ts'
import type { ImportTask } from './import.ts'
import { readImport } from './import-read.ts'

/** The thread in which `import.ts` reads files: it gets a text, and returns each session serialized. */
answerFromThread(
  ({ texts, now }: ImportTask): Uint8Array<ArrayBuffer>[] =>
    // Copied out of the pool that small buffers share, so that they can be transferred.
    readImport(texts.join(''), now).map((session) => new Uint8Array(serialize(session))),
  (packed) => packed.map(({ buffer }) => buffer),
)
