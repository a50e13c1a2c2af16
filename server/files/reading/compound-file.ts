/** The container of older Office documents, and of newer ones that are encrypted ([MS-CFB]). */
export const COMPOUND_FILE = 'application/x-cfb'

/** The length of an entry with the name of a stream, in UTF-16 with its terminator. */
const ENTRY = 128

/** True when a compound file has a stream of this name. */
export function hasStream(file: Buffer, name: string): boolean {
  const wanted = Buffer.from(`${name}\0`, 'utf16le')
  for (let at = file.indexOf(wanted); at >= 0; at = file.indexOf(wanted, at + 2)) {
    // The length of the name follows the space for it.
    if (
      at % ENTRY === 0 &&
      at + 66 <= file.length &&
      file.readUInt16LE(at + 64) === wanted.length
    ) {
      return true
    }
  }
  return false
}
