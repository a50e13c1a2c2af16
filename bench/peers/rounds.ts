import { median } from '../measure/distribution.ts'
import { measureBurst, measureFirst, measureStreams } from './jobs.ts'
import type { Figures } from './jobs.ts'
import { TARGETS, startProvider } from './targets.ts'
import type { TargetName } from './targets.ts'

const STREAMS = 50
const QUESTIONS = 50

/**
 * Plays all jobs with each target in turn, and again for each round, so that other work on the machine affects all of
 * them; returns the medians.
 */
export async function playRounds(
  names: readonly TargetName[],
  { rounds, seconds }: { rounds: number; seconds: number },
): Promise<Record<string, Figures>> {
  await using provider = await startProvider()
  const played = new Map<TargetName, Figures[]>(names.map((name) => [name, []]))
  for (let round = 1; round <= rounds; round += 1) {
    for (const name of names) {
      await using target = await TARGETS[name](provider.baseUrl)
      // The code of a server that was just started is not compiled yet, and its connections have no plans.
      await measureFirst(target, QUESTIONS)
      await measureBurst(target)
      const first = await measureFirst(target, QUESTIONS)
      const burst = await measureBurst(target)
      const streams = await measureStreams(target, STREAMS, seconds)
      if (streams.disorder > 0) {
        throw new Error(`${name} brought ${streams.disorder} tokens in another order`)
      }
      played.get(name)?.push({ first, burst, streams })
      console.log(
        `round ${round}, ${name}: first token ${first.p50.toFixed(1)} ms, in a burst ${burst.firstP50.toFixed(0)} ms, ${streams.serverPerToken.toFixed(0)} + ${streams.databasePerToken.toFixed(0)} µs/token`,
      )
    }
  }
  return Object.fromEntries([...played].map(([name, all]) => [name, medianOf(all)]))
}

function medianOf(all: readonly Figures[]): Figures {
  const of = (figure: (figures: Figures) => number) => median(all.map(figure))
  return {
    streams: {
      p50: of(({ streams }) => streams.p50),
      p99: of(({ streams }) => streams.p99),
      arrived: of(({ streams }) => streams.arrived),
      serverPerToken: of(({ streams }) => streams.serverPerToken),
      databasePerToken: of(({ streams }) => streams.databasePerToken),
      disorder: of(({ streams }) => streams.disorder),
    },
    burst: {
      firstP50: of(({ burst }) => burst.firstP50),
      firstP99: of(({ burst }) => burst.firstP99),
      serverPerAnswer: of(({ burst }) => burst.serverPerAnswer),
      databasePerAnswer: of(({ burst }) => burst.databasePerAnswer),
    },
    first: { p50: of(({ first }) => first.p50), p99: of(({ first }) => first.p99) },
  }
}

/** This product's figures as multiples of the raw pipe's in the same run. */
export type Ratios = Record<'cpuPerToken' | 'cpuPerAnswer' | 'firstToken' | 'burst', number>

export function ratiosOf({ throughline, 'raw pipe': pipe }: Record<string, Figures>): Ratios {
  if (!throughline || !pipe) {
    throw new Error('ratios need this product and the raw pipe')
  }
  const ratio = (of: (figures: Figures) => number) => of(throughline) / of(pipe)
  return {
    cpuPerToken: ratio(({ streams }) => streams.serverPerToken + streams.databasePerToken),
    cpuPerAnswer: ratio(({ burst }) => burst.serverPerAnswer + burst.databasePerAnswer),
    firstToken: ratio(({ first }) => first.p50),
    burst: ratio(({ burst }) => burst.firstP50),
  }
}
