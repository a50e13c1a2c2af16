import { availableParallelism, release, totalmem, type } from 'node:os'
import manifest from '../../package.json' with { type: 'json' }

/** Global setup that says where the tests ran, and by which seed. */
export default function setup(): void {
  const memory = Math.round(totalmem() / 2 ** 30)
  // Tests that play histories by chance play new ones each time, and this one again when it is set.
  process.env.SEED ??= String(Date.now() % 1_000_000)
  console.log(`Random by SEED=${process.env.SEED}`)
  console.log(
    `Environment: Node ${process.version}, ${type()} ${release()}, ${availableParallelism()} cores, ${memory} GiB; ` +
      `PGlite ${manifest.dependencies['@electric-sql/pglite']}`,
  )
}
