import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'

/** The server caches the template of its embedded database in the same folder. */
export const TEMPLATE_DIR = fileURLToPath(
  new URL('../../node_modules/.cache/throughline', import.meta.url),
)

/** Creates an empty folder; disposing removes it with its content. */
export async function createTemporaryFolder() {
  const path = await mkdtemp(join(tmpdir(), 'throughline-bench-'))
  return { path, [Symbol.asyncDispose]: () => rm(path, { recursive: true, force: true }) }
}
