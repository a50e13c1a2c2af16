import { readFile, writeFile } from 'node:fs/promises'
import { z } from 'zod'
import manifest from '../package.json' with { type: 'json' }
import { formatTable } from './measure/table.ts'
import type { Options } from './options.ts'
import { playRounds, ratiosOf } from './peers/rounds.ts'
import type { Ratios } from './peers/rounds.ts'
import { installPeers } from './peers/targets.ts'

const BASELINE = new URL('baseline.json', import.meta.url)
/** By how much a ratio may be above that of the last release. */
const TOLERANCE = 1.1
const ROUNDS = 3
const SECONDS = 5

const Baseline = z.object({
  version: z.string(),
  ratios: z.object({
    cpuPerToken: z.number(),
    cpuPerAnswer: z.number(),
    firstToken: z.number(),
    burst: z.number(),
  }),
})

/**
 * Compares the ratios to the raw pipe with those of the last release, and sets the exit status to 1 when one of them is
 * more than a tenth above. With `--save`, keeps them as those of this version.
 */
export async function benchGuard({ save }: Options): Promise<Ratios> {
  await installPeers()
  const figures = await playRounds(['throughline', 'raw pipe'], {
    rounds: ROUNDS,
    seconds: SECONDS,
  })
  const ratios = ratiosOf(figures)
  if (save) {
    const { version } = manifest
    await writeFile(BASELINE, `${JSON.stringify({ version, ratios }, null, 2)}\n`)
    console.log(`kept as those of ${version}`)
    return ratios
  }
  const baseline = Baseline.parse(JSON.parse(await readFile(BASELINE, 'utf8')))
  const rows = Object.entries(baseline.ratios).map(([name, before]) => {
    const now = ratios[name as keyof Ratios]
    const isWorse = now > before * TOLERANCE
    if (isWorse) {
      process.exitCode = 1
    }
    return [name, before, now, isWorse ? 'more than a tenth worse' : 'as before or better']
  })
  const heading = ['multiple of the raw pipe’s', baseline.version, 'now', '']
  console.log(`\n${formatTable(heading, rows)}\n`)
  return ratios
}
