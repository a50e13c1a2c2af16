import { mkdir, writeFile } from 'node:fs/promises'
import { fileURLToPath } from 'node:url'
import { benchBlocking } from './blocking.ts'
import { benchDoors } from './doors.ts'
import { benchExports } from './exports.ts'
import { benchFiles } from './files.ts'
import { benchGuard } from './guard.ts'
import { benchKill } from './kill.ts'
import { describeMachine } from './measure/machine.ts'
import { benchMemory } from './memory.ts'
import { benchNodes } from './nodes.ts'
import { readOptions } from './options.ts'
import type { Options } from './options.ts'
import { benchPeers } from './peers.ts'
import { benchScale } from './scale.ts'
import { benchSearch } from './search.ts'
import { benchStored } from './stored.ts'
import { benchTelemetry } from './telemetry.ts'
import { benchTakeover } from './takeover.ts'
import { benchVersions } from './versions.ts'
import { benchWeb } from './web.ts'
import { benchWriter } from './writer.ts'

const benchmarks: Record<string, (options: Options) => Promise<unknown>> = {
  writer: benchWriter,
  nodes: benchNodes,
  takeover: benchTakeover,
  kill: benchKill,
  memory: benchMemory,
  search: benchSearch,
  blocking: benchBlocking,
  files: benchFiles,
  exports: benchExports,
  web: benchWeb,
  doors: benchDoors,
  peers: benchPeers,
  scale: benchScale,
  stored: benchStored,
  telemetry: benchTelemetry,
  guard: benchGuard,
  versions: benchVersions,
}
/** Only when they are named: the first is part of `peers`, the other needs a second version. */
const BY_NAME = ['guard', 'versions']

const { names, options } = readOptions(process.argv.slice(2))
const unknown = names.filter((name) => !benchmarks[name])
if (unknown.length > 0) {
  throw new Error(
    `no benchmark ${unknown.join(', ')}; there are ${Object.keys(benchmarks).join(', ')}`,
  )
}

const machine = describeMachine()
console.log(
  `Node ${machine.node}, ${machine.system}, ${machine.cores} × ${machine.processor}, ${machine.memoryGiB} GiB; load ${machine.load.toFixed(2)}`,
)
const results = new URL('results/', import.meta.url)
await mkdir(results, { recursive: true })
for (const [name, run] of Object.entries(benchmarks)) {
  if (names.length > 0 ? !names.includes(name) : BY_NAME.includes(name)) continue
  console.log(`\n# ${name}`)
  const at = new Date().toISOString()
  const figures = await run(options)
  const file = new URL(`${name}-${at.replaceAll(':', '')}.json`, results)
  await writeFile(file, `${JSON.stringify({ name, at, machine, options, figures }, null, 2)}\n`)
  console.log(`figures in ${fileURLToPath(file)}`)
}
