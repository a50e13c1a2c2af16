import { MAX_MESSAGE, TooMuchError } from './inflow.ts'

const NEWLINE = 10

/** Splits a stream of bytes into lines, without copying what came before at every piece of a long one. */
export class Lines {
  #pieces: Buffer[] = []
  #length = 0

  /**
   * @returns the lines that this piece completes, without empty ones
   * @throws {TooMuchError} when a line is longer than any message may be
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
      throw new TooMuchError()
    }
    if (piece.length > 0) this.#pieces.push(piece)
  }
}
