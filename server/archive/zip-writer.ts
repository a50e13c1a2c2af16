import { Zip, ZipPassThrough } from 'fflate'

export type ZipEntry = { name: string; content: AsyncIterable<Uint8Array> }

/**
 * A zip archive that is made while it is read, with only a piece in memory. Its entries are not compressed: pictures
 * are already, and everybody else would wait.
 */
export async function* zipOf(entries: AsyncIterable<ZipEntry>): AsyncGenerator<Uint8Array> {
  const made: Uint8Array[] = []
  const zip = new Zip((error, piece) => {
    if (error) throw error
    made.push(piece)
  })
  for await (const { name, content } of entries) {
    const file = new ZipPassThrough(name)
    zip.add(file)
    for await (const piece of content) {
      file.push(piece)
      yield* made.splice(0)
    }
    file.push(new Uint8Array(0), true)
    yield* made.splice(0)
  }
  zip.end()
  yield* made.splice(0)
}
