// Each token of the benchmark is five characters that say when the provider sent it: a tilde, and four digits of base 64
// that count units of 10 µs of the machine's monotonic clock, which all processes share. They wrap around after 167 s.

const DIGITS = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_'
const VALUES = new Map(Array.from(DIGITS, (digit, value) => [digit.charCodeAt(0), value]))
const RANGE = 2 ** 24
const TILDE = 0x7e
const LENGTH = 5

/** Units of 10 µs. */
function now(): number {
  return Number(process.hrtime.bigint() / 10_000n) % RANGE
}

export function stamp(): string {
  const ticks = now()
  return `~${[18, 12, 6, 0].map((bits) => DIGITS[(ticks >> bits) & 63]).join('')}`
}

/** Finds the stamps in the bytes of one stream, including those that are split between two chunks. */
export class StampReader {
  count = 0
  /** The number of stamps that were older than the one before. */
  disorder = 0
  #last = -1
  #cut: Buffer | null = null
  readonly #onToken: (ageMs: number) => void

  /** @param onToken is told how long ago each token was sent, in ms */
  constructor(onToken: (ageMs: number) => void) {
    this.#onToken = onToken
  }

  read(piece: Buffer): void {
    const bytes = this.#cut ? Buffer.concat([this.#cut, piece]) : piece
    this.#cut = null
    for (let at = bytes.indexOf(TILDE); at !== -1; at = bytes.indexOf(TILDE, at + LENGTH)) {
      if (at + LENGTH > bytes.length) {
        this.#cut = Buffer.from(bytes.subarray(at))
        return
      }
      const ticks = [1, 2, 3, 4].reduce((sum, place) => {
        return sum * 64 + (VALUES.get(bytes[at + place] ?? 0) ?? Number.NaN)
      }, 0)
      if (Number.isNaN(ticks)) {
        continue
      }
      if (this.#last >= 0 && since(this.#last, ticks) > RANGE / 2) {
        this.disorder += 1
      }
      this.#last = ticks
      this.count += 1
      const age = since(ticks, now())
      // A stamp from the future comes from the rounding of the clock.
      this.#onToken(age > RANGE / 2 ? 0 : age / 100)
    }
  }
}

function since(earlier: number, later: number): number {
  return (later - earlier + RANGE) % RANGE
}
