import { MAX_MESSAGE, MessageTooLongError } from './receive-limit.ts'

const NEWLINE = 10

/** Splits a byte stream into lines without copying the earlier pieces of a long line. */
export class Lines {
  #pieces: Buffer[] = []
  #length = 0

  /**
   * @returns the lines that this piece completes, without empty ones
   * @throws {MessageTooLongError} when a line exceeds the longest message
   */
  push(chunk: Buffer): string[] {
    const lines: string[] = []
    let rest = chunk
    for (let end = rest.indexOf(NEWLINE); end >= 0; end = rest.indexOf(NEWLINE)) {
      this.#add(rest.subarray(0, end))
      const line = Buffer.concat(this.#pieces, this.#length).toString('utf8').trim()
      this.#pieces = []
      this.#length = 0
      if (line !== '') lines.push(line)
      rest = rest.subarray(end + 1)
    }
    this.#add(rest)
    return lines
  }

  #add(piece: Buffer): void {
    this.#length += piece.length
    if (this.#length > MAX_MESSAGE) {
      this.#pieces = []
      throw new MessageTooLongError()
    }
    if (piece.length > 0) this.#pieces.push(piece)
  }
}
