import { TRPCError } from '@trpc/server'
import { Semaphore } from '../../concurrency/semaphore.ts'
import type { FileInPieces } from './export.ts'

/**
 * What an answer may hold of a file; over REST files go out in pieces and may be of any length. A batch holds all of
 * its answers until the last is there. UTF-16 units.
 */
export const MOST_IN_ANSWER = 16 * 1024 * 1024

/** Files that are gathered at the same time, of everybody. */
const gathering = new Semaphore(2)

type Answer = { name: string; mimeType: string; content: string }

/**
 * A file as the answer of its procedure.
 *
 * @param takePieces takes the content in pieces, where the caller can
 * @param address where the file is downloaded in pieces
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
