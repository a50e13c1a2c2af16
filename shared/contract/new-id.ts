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

/** A new UUID of version 7 from the machine's clock and randomness (Web Crypto). */
export function newId(): string {
  return uuidV7(Date.now(), crypto.getRandomValues(new Uint8Array(16)))
}
