import type { PGlite } from '@electric-sql/pglite'
import { vi } from 'vitest'
import { drawing } from './act.ts'
import type { Step } from './act.ts'
import { BrokenPromise } from './broken-promise.ts'
import type { RunRow } from './content.ts'
import { Play } from './play.ts'
import { LEASE_SECONDS } from './simulated-node.ts'
import { askedAbout } from './talking-model.ts'
import { checkAnswers, checkClient, witness } from './witness.ts'
import { World } from './world.ts'

/** The start time of every history. */
const BEGINNING = Date.UTC(2026, 0, 1)
/** The longest that recovery may take: a lease, and five more seconds (P6). */
const RECOVERY_MS = (LEASE_SECONDS + 5) * 1_000
const SLICE_MS = 500
/** The longest that a shutdown may take, with the calls under way. */
const SHUTDOWN_TIMEOUT_MS = 30_000

/**
 * Plays a history on an empty database, lets all interrupted work be finished, and throws a `BrokenPromise` when a
 * promise did not hold.
 * @param restart true restarts dead nodes before the end; otherwise the remaining node does all work
 */
export async function playHistory(
  pglite: PGlite,
  steps: readonly Step[],
  restart: boolean,
): Promise<World> {
  vi.useFakeTimers({
    now: BEGINNING,
    fakeNodeBuiltins: true,
    toFake: ['setTimeout', 'clearTimeout', 'setInterval', 'clearInterval', 'Date', 'performance'],
  })
  try {
    const world = new World(pglite)
    await using _opened = await world.open()
    const retried = new Map<string, number>()
    witness(world, retried)
    const play = new Play(world, retried)
    const draw = drawing(steps.length)
    for (const slot of world.slots) {
      world.start(slot)
      await flow(world, draw, 0)
    }
    for (const [index, client] of world.clients.entries()) {
      const node = world.up[index >> 1]
      if (node) {
        client.attach(node, world.userId, null)
      }
    }
    for (const step of steps) {
      await play.step(step)
    }
    await heal(world, restart, draw)
    for (const run of world.ledger.activeRuns) {
      checkDriven(world, run)
    }
    await finish(world, draw)
    for (const waiting of world.ledger.callsThat('awaiting-approval')) {
      const [node] = world.up
      if (node) {
        play.decide(node, waiting.id, draw(2) === 0 ? 'approve' : 'deny')
      }
    }
    await finish(world, draw)
    await checkEverything(world, draw)
    return world
  } finally {
    vi.useRealTimers()
  }
}

/** Lets time pass, and everything happen that is due in it. */
async function flow(world: World, draw: (bound: number) => number, ms: number): Promise<void> {
  for (let passed = 0; passed <= ms; passed += SLICE_MS) {
    let turns = 0
    while (await world.turn(draw)) {
      turns += 1
      if (turns > 5_000) {
        throw new BrokenPromise('P13', 'the nodes do not come to rest')
      }
    }
    await world.passTime(passed < ms ? SLICE_MS : 0)
  }
}

async function heal(world: World, restart: boolean, draw: (bound: number) => number) {
  for (const { node } of world.slots) {
    node?.gate.open()
  }
  for (const client of world.clients) {
    client.unpause()
  }
  await flow(world, draw, SLICE_MS)
  // A node that is shutting down may take its time, and takes no runs over meanwhile.
  for (let waited = 0; isClosing(world); waited += SLICE_MS) {
    if (waited > SHUTDOWN_TIMEOUT_MS) {
      throw new BrokenPromise('P6', 'a node that was told to end does not')
    }
    await flow(world, draw, SLICE_MS)
  }
  for (const slot of world.slots) {
    if (slot.state === 'none' && (restart || world.up.length === 0)) {
      world.start(slot)
      await flow(world, draw, 0)
    }
  }
  await flow(world, draw, RECOVERY_MS)
}

function isClosing(world: World): boolean {
  return world.slots.some(({ state }) => state === 'closing')
}

/** After the recovery time, every running run is really driven by a living node. */
function checkDriven(world: World, run: RunRow): void {
  const { ledger, askings, executions } = world
  const question = ledger.messages.get(run.question)
  const asked = askings.some(
    ({ ended, nodeId, step }) =>
      !ended && nodeId === run.owner && askedAbout(step, ledger).question === question,
  )
  const parts = ledger.parts.get(run.message) ?? []
  const calls = parts.flatMap((part) => (part.type === 'tool' ? [part.id as string] : []))
  const called = executions.some(
    ({ ended, nodeId, callId }) => !ended && nodeId === run.owner && calls.includes(callId),
  )
  const driven = world.up.some(({ gate }) => gate.nodeId === run.owner) && (asked || called)
  if (!driven) {
    throw new BrokenPromise('P6', `nobody works on ${JSON.stringify(run)}`)
  }
  if (run.stop) {
    throw new BrokenPromise('P9', `a stop did not reach ${JSON.stringify(run)}`)
  }
}

/** The model answers and the tools succeed until nothing is left to do. */
async function finish(world: World, draw: (bound: number) => number): Promise<void> {
  for (let rounds = 0; rounds < 60; rounds += 1) {
    for (const asking of world.askings.filter(
      ({ ended, nodeId }) => !ended && world.lives(nodeId),
    )) {
      asking.say('text')
      asking.finish('stop')
    }
    for (const execution of world.executions) {
      if (!execution.ended && world.lives(execution.nodeId)) {
        execution.settle(true)
      }
    }
    await flow(world, draw, SLICE_MS)
    if (world.ledger.activeRuns.length === 0) {
      return
    }
  }
  throw new BrokenPromise('P13', `still running: ${JSON.stringify(world.ledger.activeRuns)}`)
}

async function checkEverything(world: World, draw: (bound: number) => number): Promise<void> {
  const { ledger, clients } = world
  await flow(world, draw, 2_000)
  for (const run of ledger.runs.values()) {
    if (['queued', 'running', 'waiting'].includes(run.status)) {
      throw new BrokenPromise('P13', `left ${run.status}: ${JSON.stringify(run)}`)
    }
    if (run.stop && run.status !== 'stopped') {
      throw new BrokenPromise('P9', `a run that was stopped is ${run.status}`)
    }
    if (run.status === 'failed' && !run.error) {
      throw new BrokenPromise('P13', 'nobody is told why a run failed')
    }
  }
  for (const status of ['running', 'pending'] as const) {
    const [left] = ledger.callsThat(status)
    if (left) {
      throw new BrokenPromise('P13', `left ${status}: call ${JSON.stringify(left)}`)
    }
  }
  checkAnswers(world)
  await readOn(world, draw)
  // Readers resume from cursors that they had earlier (P4).
  for (let times = 0; times < 3; times += 1) {
    for (const client of clients) {
      const { past } = client
      const state = past[draw(Math.max(past.length, 1))] ?? null
      const node = world.up[draw(world.up.length)]
      if (node) {
        client.attach(node, world.userId, state)
      }
    }
    await readOn(world, draw)
  }
}

/** Every reader receives everything, and then has the same state as a fresh reader. */
async function readOn(world: World, draw: (bound: number) => number): Promise<void> {
  await flow(world, draw, 1_500)
  for (const client of world.clients) {
    const { state, attachment, sessionId } = client
    if (attachment) {
      const head = world.ledger.heads.get(sessionId) ?? 0
      if ((state?.seq ?? 0) !== head) {
        throw new BrokenPromise('P1', `a reader is at ${state?.seq}, the log at ${head}`)
      }
      await checkClient(world, client)
    }
  }
}
