import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'

/** Where the server too keeps the template of its embedded database. */
export const TEMPLATE_DIR = fileURLToPath(
  new URL('../../node_modules/.cache/throughline', import.meta.url),
)

/** An empty folder; disposing removes it with all that is in it. */
export async function createTemporaryFolder() {
  const path = await mkdtemp(join(tmpdir(), 'throughline-bench-'))
  return { path, [Symbol.asyncDispose]: () => rm(path, { recursive: true, force: true }) }
}
