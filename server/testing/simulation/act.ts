import fc from 'fast-check'
import type { Fate } from './gate.ts'
import { TOOL_NAMES } from './watched-tools.ts'

/** An external action. `pick` selects among the candidates at that moment. */
export type Act =
  | {
      type: 'send'
      node: number
      session: number
      /** An index into a few ids, so that ids are repeated; null lets the server choose. */
      id: number | null
      variant: number
      whenBusy: 'queue' | 'interrupt' | 'reject' | 'steer'
      root: boolean
    }
  | { type: 'stop'; node: number; session: number; clearQueue: boolean }
  | { type: 'continue'; node: number; pick: number; twice: boolean }
  | { type: 'decide'; node: number; pick: number; decision: 'approve' | 'deny'; twice: boolean }
  | {
      type: 'resolve'
      node: number
      pick: number
      outcome: 'happened' | 'did-not-happen' | 'retry'
    }
  | { type: 'say'; pick: number; pieces: number; kind: 'text' | 'reasoning' }
  | { type: 'call-tools'; pick: number; tools: readonly string[] }
  | { type: 'finish'; pick: number; how: 'stop' | 'length' | 'error' }
  | { type: 'settle-call'; pick: number; ok: boolean }
  /**
   * The guest signs in: everything is given to their account, in the middle of whatever is going on. `long` means long
   * enough for a node to take the runs up again.
   */
  | { type: 'give-away'; node: number; long: boolean }
  | { type: 'fault'; pick: number; fate: Exclude<Fate, 'pass'> }
  | { type: 'drop'; pick: number }
  | { type: 'pass-time'; ms: number }
  /** `long` means long enough for another node to take over its runs. */
  | { type: 'crash' | 'freeze'; node: number; long: boolean }
  | { type: 'thaw' | 'expire' | 'shut-down' | 'start'; node: number }
  | { type: 'read'; client: number; node: number; from: 'here' | 'past' | 'nothing' | 'future' }
  | { type: 'leave' | 'pause' | 'unpause'; client: number }

/**
 * An action, and how many pending operations then happen, in an order that `seed` determines. With `talks` the models and
 * the time go on between them, so that text comes, and commits begin, in the middle of everything.
 */
export type Step = { act: Act; turns: number; seed: number; talks?: boolean }

const pick = fc.nat(11)
const node = fc.nat(1)
const session = fc.nat(1)
const client = fc.nat(3)

function act<const Type extends Act['type'], Fields extends object>(
  type: Type,
  fields: { [Key in keyof Fields]: fc.Arbitrary<Fields[Key]> },
): fc.Arbitrary<Fields & { type: Type }> {
  return fc.record(fields).map((drawn) => ({ ...drawn, type }))
}

const id = fc.option(fc.nat(4), { nil: null })
const variant = fc.constantFrom(0, 0, 0, 1)
const root = fc.constantFrom(false, false, false, false, false, true)

/** The order of this list must stay: the seeds that found bugs depend on it. */
const earlier: fc.WeightedArbitrary<Act>[] = [
  {
    weight: 12,
    arbitrary: act('send', {
      node,
      session,
      id,
      variant,
      whenBusy: fc.constantFrom('queue', 'queue', 'interrupt', 'reject'),
      root,
    }),
  },
  { weight: 2, arbitrary: act('stop', { node, session, clearQueue: fc.boolean() }) },
  {
    weight: 4,
    arbitrary: act('decide', {
      node,
      pick,
      decision: fc.constantFrom('approve', 'approve', 'deny'),
      twice: fc.boolean(),
    }),
  },
  {
    weight: 1,
    arbitrary: act('resolve', {
      node,
      pick,
      outcome: fc.constantFrom('happened', 'did-not-happen', 'retry'),
    }),
  },
  {
    weight: 12,
    arbitrary: act('say', {
      pick,
      pieces: fc.integer({ min: 1, max: 4 }),
      kind: fc.constantFrom('text', 'text', 'reasoning'),
    }),
  },
  {
    weight: 8,
    arbitrary: act('call-tools', {
      pick,
      tools: fc.array(fc.constantFrom(...TOOL_NAMES), { minLength: 1, maxLength: 3 }),
    }),
  },
  {
    weight: 3,
    arbitrary: act('finish', { pick, how: fc.constantFrom('stop', 'stop', 'length', 'error') }),
  },
  { weight: 5, arbitrary: act('settle-call', { pick, ok: fc.boolean() }) },
  { weight: 4, arbitrary: act('fault', { pick, fate: fc.constantFrom('refuse', 'lose', 'die') }) },
  { weight: 2, arbitrary: act('drop', { pick }) },
  { weight: 6, arbitrary: act('pass-time', { ms: fc.constantFrom(10, 200, 500, 1_000, 1_000) }) },
  { weight: 2, arbitrary: act('crash', { node, long: fc.boolean() }) },
  { weight: 4, arbitrary: act('freeze', { node, long: fc.boolean() }) },
  { weight: 6, arbitrary: act('thaw', { node }) },
  { weight: 1, arbitrary: act('expire', { node }) },
  { weight: 1, arbitrary: act('shut-down', { node }) },
  { weight: 6, arbitrary: act('start', { node }) },
  {
    weight: 8,
    arbitrary: act('read', {
      client,
      node,
      from: fc.constantFrom('here', 'here', 'past', 'nothing', 'future'),
    }),
  },
  { weight: 1, arbitrary: act('leave', { client }) },
  { weight: 1, arbitrary: act('pause', { client }) },
  { weight: 1, arbitrary: act('unpause', { client }) },
]

const later: fc.WeightedArbitrary<Act>[] = [
  {
    weight: 4,
    arbitrary: act('send', {
      ...{ node, session, id, variant, root },
      whenBusy: fc.constant('steer'),
    }),
  },
  { weight: 4, arbitrary: act('continue', { node, pick, twice: fc.boolean() }) },
]

const latest: fc.WeightedArbitrary<Act>[] = [
  { weight: 6, arbitrary: act('give-away', { node, long: fc.boolean() }) },
  {
    weight: 4,
    arbitrary: act('fault', { pick, fate: fc.constantFrom('conflict', 'fail', 'late') }),
  },
]

function stepsOf(
  acts: readonly fc.WeightedArbitrary<Act>[],
  talking: { talks?: fc.Arbitrary<boolean> } = {},
): fc.Arbitrary<Step[]> {
  return fc.array(
    fc.record({
      act: fc.oneof(...acts),
      turns: fc.oneof(fc.constant(0), fc.nat(8), fc.nat(40), fc.constant(200), fc.constant(200)),
      seed: fc.nat(),
      ...talking,
    }),
    { minLength: 30, maxLength: 90, size: 'max' },
  )
}

/** Histories with the actions that existed when the known seeds were found. */
export const earlierSteps = stepsOf(earlier)
export const laterSteps = stepsOf([...earlier, ...later])
export const steps = stepsOf([...earlier, ...later, ...latest], {
  talks: fc.constantFrom(false, false, true),
})

/** A generator of whole numbers below a bound, deterministic by its seed (mulberry32). */
export function drawing(seed: number): (bound: number) => number {
  let state = seed >>> 0
  return (bound) => {
    state = (state + 0x6d2b79f5) >>> 0
    let mixed = Math.imul(state ^ (state >>> 15), state | 1)
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61)
    return ((mixed ^ (mixed >>> 14)) >>> 0) % bound
  }
}
