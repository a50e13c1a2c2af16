import type { Options } from './options.ts'
import { formatTable } from './measure/table.ts'
import { playRounds, ratiosOf } from './peers/rounds.ts'
import { installPeers } from './peers/targets.ts'

/** The whole way of a token, from the provider through a server to its reader: this product beside its peers. */
export async function benchPeers(options: Options) {
  await installPeers()
  const figures = await playRounds(['throughline', 'raw pipe', 'Socket.IO', 'AI SDK'], {
    rounds: options.repeat,
    seconds: options.seconds,
  })
  const heading = [
    'target',
    'p50 ms',
    'p99 ms',
    'arrived',
    'server µs/token',
    'db µs/token',
    'burst first p50 ms',
    'burst server µs/answer',
    'burst db µs/answer',
    'first token ms',
  ]
  const rows = Object.entries(figures).map(([name, { streams, burst, first }]) => [
    name,
    streams.p50,
    streams.p99,
    streams.arrived,
    streams.serverPerToken,
    streams.databasePerToken,
    burst.firstP50,
    burst.serverPerAnswer,
    burst.databasePerAnswer,
    first.p50,
  ])
  console.log(`\n${formatTable(heading, rows)}\n`)
  return { figures, ratios: ratiosOf(figures) }
}
