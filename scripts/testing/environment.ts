import { availableParallelism, release, totalmem, type } from 'node:os'
import manifest from '../../package.json' with { type: 'json' }

/** Global setup that prints the test environment and the random seed. */
export default function setup(): void {
  const memory = Math.round(totalmem() / 2 ** 30)
  // Randomized tests use a new seed each time; set SEED to repeat a run.
  process.env.SEED ??= String(Date.now() % 1_000_000)
  console.log(`Random by SEED=${process.env.SEED}`)
  console.log(
    `Environment: Node ${process.version}, ${type()} ${release()}, ${availableParallelism()} cores, ${memory} GiB; ` +
      `PGlite ${manifest.dependencies['@electric-sql/pglite']}`,
  )
}
