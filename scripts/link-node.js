import { existsSync, rmSync, symlinkSync } from 'node:fs'
import { fileURLToPath } from 'node:url'

// npm 10, which Node 20 and 22 bring along, leaves the program of the project's own Node unlinked, so that npm scripts
// would run with the one that is installed. On Windows npm links by files of its own.
const pathOf = (path) => fileURLToPath(new URL(`../node_modules/${path}`, import.meta.url))
const name = `node-${process.platform}-${process.arch}`.replace(
  'node-darwin-arm',
  'node-bin-darwin-arm',
)
if (
  process.platform !== 'win32' &&
  existsSync(pathOf(`${name}/bin/node`)) &&
  !existsSync(pathOf('.bin/node'))
) {
  // A broken symbolic link is there, although `existsSync` returns false.
  rmSync(pathOf('.bin/node'), { force: true })
  symlinkSync(`../${name}/bin/node`, pathOf('.bin/node'))
}
