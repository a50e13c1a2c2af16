import { availableParallelism, release, totalmem, type } from 'node:os'
import manifest from '../../package.json' with { type: 'json' }

/** Global setup that only says where the tests ran. */
export default function setup(): void {
  const memory = Math.round(totalmem() / 2 ** 30)
  console.log(
    `Environment: Node ${process.version}, ${type()} ${release()}, ${availableParallelism()} cores, ${memory} GiB; ` +
      `PGlite ${manifest.dependencies['@electric-sql/pglite']}`,
  )
}
