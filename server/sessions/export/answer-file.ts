import { TRPCError } from '@trpc/server'
import { Semaphore } from '../../concurrency/semaphore.ts'
import type { FileInPieces } from './export.ts'

/**
 * The longest file in an answer; over REST, files are sent in pieces and may have any length. A batch keeps all of its
 * answers in memory until the last is ready. UTF-16 units.
 */
export const MOST_IN_ANSWER = 16 * 1024 * 1024

/** The most files that are gathered at the same time, over all people. */
const gathering = new Semaphore(2)

type Answer = { name: string; mimeType: string; content: string }

/**
 * A file as the answer of its procedure.
 *
 * @param takePieces takes the content in pieces, if the caller can
 * @param address the address at which the file can be downloaded in pieces
 * @throws PAYLOAD_TOO_LARGE when it is too long for an answer
 */
export async function answerFile(
  { name, mimeType, pieces }: FileInPieces,
  takePieces: ((pieces: AsyncGenerator<string>) => void) | undefined,
  address: string,
): Promise<Answer> {
  if (takePieces) {
    takePieces(pieces)
    return { name, mimeType, content: '' }
  }
  const content = await gathering.take(() => gather(pieces, address))
  return { name, mimeType, content }
}

async function gather(pieces: AsyncIterable<string>, address: string): Promise<string> {
  const gathered: string[] = []
  let length = 0
  for await (const piece of pieces) {
    length += piece.length
    if (length > MOST_IN_ANSWER) {
      throw new TRPCError({
        code: 'PAYLOAD_TOO_LARGE',
        message: `This file is too long for an answer. Download it at GET ${address}.`,
      })
    }
    gathered.push(piece)
  }
  return gathered.join('')
}
