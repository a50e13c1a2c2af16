/**
 * Puts a brotli and a gzip variant beside each file of a built web app, at the best quality there is: it is done
 * once, after the build, and read by every visitor.
 */
import { readdir, readFile, writeFile } from 'node:fs/promises'
import { extname, join } from 'node:path'
import { promisify } from 'node:util'
import { brotliCompress, constants, gzip } from 'node:zlib'

const COMPRESSIBLE = new Set([
  '.css',
  '.html',
  '.js',
  '.json',
  '.map',
  '.svg',
  '.txt',
  '.wasm',
  '.webmanifest',
])
/** For smaller files, looking for the variant costs more than it saves. */
const SMALLEST = 1024

const brotli = promisify(brotliCompress)
const gz = promisify(gzip)

/**
 * Compresses the files below `root` for which it is worth it.
 *
 * @returns the number of these files
 */
export async function precompress(root: string): Promise<number> {
  const entries = await readdir(root, { recursive: true, withFileTypes: true })
  const paths = entries
    .filter((entry) => entry.isFile() && COMPRESSIBLE.has(extname(entry.name)))
    .map((entry) => join(entry.parentPath, entry.name))
  let count = 0
  // One after the other: the build machine may be small.
  for (const path of paths) {
    const content = await readFile(path)
    if (content.length < SMALLEST) continue
    const params = { [constants.BROTLI_PARAM_SIZE_HINT]: content.length }
    await writeFile(`${path}.br`, await brotli(content, { params }))
    await writeFile(`${path}.gz`, await gz(content, { level: constants.Z_BEST_COMPRESSION }))
    count += 1
  }
  return count
}
