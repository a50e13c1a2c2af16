/**
 * A UUID of version 7 (RFC 9562, section 5.7): 48 bits of Unix milliseconds, then random bits, so that ids sort by time
 * of creation.
 * @param now milliseconds since the Unix epoch
 * @param random sixteen random bytes
 */
export function uuidV7(now: number, random: Uint8Array): string {
  const bytes = Uint8Array.from(random)
  const high = Math.floor(now / 2 ** 16)
  const view = new DataView(bytes.buffer)
  view.setUint32(0, high)
  view.setUint16(4, now % 2 ** 16)
  view.setUint8(6, 0x70 | (view.getUint8(6) & 0x0f))
  view.setUint8(8, 0x80 | (view.getUint8(8) & 0x3f))
  const hex = Array.from(bytes, (byte) => byte.toString(16).padStart(2, '0')).join('')
  return `${hex.slice(0, 8)}-${hex.slice(8, 12)}-${hex.slice(12, 16)}-${hex.slice(16, 20)}-${hex.slice(20)}`
}

/**
 * Makes UUIDs of version 7 that sort in the order in which they were made, even within one millisecond: the 12 bits
 * behind the time are a counter (RFC 9562, section 6.2, method 1). Rows that are stored at the same moment are listed
 * in that order.
 *
 * @param clock milliseconds since the Unix epoch
 */
export function createIdSource(clock: () => number): () => string {
  let time = 0
  let counter = 0
  return () => {
    const now = Math.floor(clock())
    counter = now > time ? 0 : counter + 1
    time = Math.max(now, time)
    if (counter > MAX_COUNTER) {
      counter = 0
      time += 1
    }
    const bytes = crypto.getRandomValues(new Uint8Array(16))
    new DataView(bytes.buffer).setUint16(6, counter)
    return uuidV7(time, bytes)
  }
}

/** 12 bits. */
const MAX_COUNTER = 0xfff

/** A new UUID of version 7 from the machine's clock and randomness (Web Crypto). */
export function newId(): string {
  return uuidV7(Date.now(), crypto.getRandomValues(new Uint8Array(16)))
}
