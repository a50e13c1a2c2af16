import { setTimeout as delay } from 'node:timers/promises'
import { Samples, median } from '../measure/distribution.ts'
import type { Reader } from './readers.ts'
import type { Target } from './targets.ts'

/** The answers of a scenario run for this long before the measurement begins. */
const WARM_UP_MS = 2_000
const RATE = 50
/** The interval between the starts of streams, so that they are not one burst. */
const RAMP_MS = 20
const BURST = 200
const BURST_TOKENS = 20

/** The measurements of one target. Times in ms, CPU in µs. */
export type Figures = {
  streams: {
    p50: number
    p99: number
    /** A fraction of the tokens that the provider should have sent in the window. */
    arrived: number
    serverPerToken: number
    databasePerToken: number
    disorder: number
  }
  burst: { firstP50: number; firstP99: number; serverPerAnswer: number; databasePerAnswer: number }
  first: { p50: number; p99: number }
}

/** The time from the question to the first token, one question after the other, in one conversation. */
export async function measureFirst(target: Target, questions: number): Promise<Figures['first']> {
  const samples = new Samples()
  let asked = 0
  let waiting = false
  const reader = target.reader(target.url, () => {
    if (waiting) {
      waiting = false
      samples.add(performance.now() - asked)
    }
  })
  await reader.open()
  for (let number = 0; number < questions; number += 1) {
    asked = performance.now()
    waiting = true
    await reader.ask('[[n=5,r=0]]')
  }
  reader.close()
  const { p50, p99 } = samples.distribution()
  return { p50, p99 }
}

/** Two hundred people ask at the same moment. */
export async function measureBurst(target: Target): Promise<Figures['burst']> {
  const firsts = new Map<number, number>()
  let asked = 0
  const readers = await open(target, BURST, (index) => {
    if (asked > 0 && !firsts.has(index)) {
      firsts.set(index, performance.now() - asked)
    }
  })
  const before = await target.cpu()
  asked = performance.now()
  await Promise.all(readers.map((reader) => reader.ask(`[[n=${BURST_TOKENS},r=${RATE}]]`)))
  const after = await target.cpu()
  for (const reader of readers) {
    reader.close()
  }
  const times = [...firsts.values()].toSorted((a, b) => a - b)
  return {
    firstP50: median(times),
    firstP99: times[Math.floor(times.length * 0.99)] ?? Number.NaN,
    serverPerAnswer: (after.server - before.server) / BURST,
    databasePerAnswer: (after.database - before.database) / BURST,
  }
}

/** Many answers at once, at fifty tokens a second each, measured for a window in their middle. */
export async function measureStreams(
  target: Target,
  streams: number,
  seconds: number,
): Promise<Figures['streams']> {
  let samples: Samples | null = null
  const readers = await open(target, streams, (_, ageMs) => samples?.add(ageMs))
  const longest = (streams * RAMP_MS + WARM_UP_MS) / 1000 + seconds + 10
  const answers: Promise<unknown>[] = []
  for (const reader of readers) {
    // The readers leave before the answers end.
    answers.push(reader.ask(`[[n=${Math.ceil(longest * RATE)},r=${RATE}]]`).catch(() => undefined))
    await delay(RAMP_MS)
  }
  await delay(WARM_UP_MS)
  const before = await target.cpu()
  const began = performance.now()
  const window = new Samples()
  samples = window
  await delay(seconds * 1000)
  samples = null
  const took = performance.now() - began
  const after = await target.cpu()
  for (const reader of readers) {
    reader.close()
  }
  await Promise.all(answers)
  const { count, p50, p99 } = window.distribution()
  return {
    p50,
    p99,
    arrived: count / ((took / 1000) * RATE * streams),
    serverPerToken: (after.server - before.server) / count,
    databasePerToken: (after.database - before.database) / count,
    disorder: readers.reduce((sum, { stamps }) => sum + stamps.disorder, 0),
  }
}

async function open(
  target: Target,
  count: number,
  onToken: (index: number, ageMs: number) => void,
): Promise<Reader[]> {
  const readers: Reader[] = []
  for (let index = 0; index < count; index += 1) {
    const reader = target.reader(target.url, (ageMs) => onToken(index, ageMs))
    await reader.open()
    readers.push(reader)
  }
  return readers
}
