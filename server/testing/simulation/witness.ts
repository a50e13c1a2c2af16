import { isDeepStrictEqual } from 'node:util'
import type { ToolCall } from '../../../shared/contract/tool.ts'
import { fold } from '../../../shared/session/fold.ts'
import type { SessionState } from '../../../shared/session/fold.ts'
import { createSnapshots } from '../../log/reading/snapshot.ts'
import type { Client } from './client.ts'
import { BrokenPromise } from './broken-promise.ts'
import { askedAbout } from './talking-model.ts'
import type { Asking } from './talking-model.ts'
import type { Execution } from './watched-tools.ts'
import type { World } from './world.ts'

/** Checks the requests to the model and the tools against what is recorded at that moment. */
export function witness(world: World, retried: Map<string, number>): void {
  world.onAsked = (asking) => world.later(() => checkAsking(world, asking, retried))
  world.onBegun = (execution) => world.later(() => checkExecution(world, execution, retried))
}

function checkAsking(world: World, asking: Asking, retried: Map<string, number>): void {
  const { ledger } = world
  const { question, steps } = askedAbout(asking.step, ledger)
  const run = ledger.runsAbout(question).find(({ status }) => status === 'running')
  if (run?.owner !== asking.nodeId) {
    return
  }
  const recorded = ledger.steps.get(run.id) ?? 0
  // For a continued answer the cut text is in the request besides the finished steps.
  if (steps !== recorded && run.base === null) {
    throw new BrokenPromise('P6', `step ${steps} is asked for, and ${recorded} are recorded`)
  }
  const calls = new Map([...ledger.calls.values()].map(({ call }) => [providerId(call), call]))
  for (const message of asking.step.messages) {
    const call = message.role === 'tool' ? calls.get(message.callId) : undefined
    if (message.role !== 'tool' || !call || retried.has(call.id)) {
      continue
    }
    const told = call.status === 'completed' ? JSON.stringify(call.output) : call.error
    if (call.status === 'running' || message.failed !== (call.status !== 'completed')) {
      throw new BrokenPromise('P7', `a call that is ${call.status} was told as ${message.output}`)
    }
    if (told !== undefined && message.output !== told) {
      throw new BrokenPromise('P7', `of a call the model was told ${message.output}, not ${told}`)
    }
  }
}

function checkExecution(world: World, begun: Execution, retried: Map<string, number>): void {
  const record = world.ledger.calls.get(begun.callId)
  if (!record?.history.includes('running')) {
    throw new BrokenPromise('P7', `call ${begun.callId} began before it was recorded`)
  }
  const { call, history } = record
  if (call.name !== begun.name || !isDeepStrictEqual(call.input, begun.input)) {
    throw new BrokenPromise('P11', `call ${call.id} began with other arguments`)
  }
  if (history.includes('awaiting-approval') && !history.includes('pending')) {
    throw new BrokenPromise('P11', `call ${call.id} began without an approval`)
  }
  const times = world.executions.filter(({ callId }) => callId === call.id).length
  if (call.effect === 'once' && times > 1 + (retried.get(call.id) ?? 0)) {
    throw new BrokenPromise('P7', `call ${call.id} of a "once" tool began ${times} times`)
  }
}

/** A reader that is up to date must have the same state as a fresh one. */
export async function checkClient(world: World, client: Client): Promise<void> {
  const fresh = await createSnapshots(world.database)(world.userId, client.sessionId)
  if (!fresh) {
    throw new BrokenPromise('P4', 'a session is gone')
  }
  const expected = asSent(fold(null, fresh))
  const known = asSent(client.state)
  if (client.state?.seq === fresh.seq && !isDeepStrictEqual(known, expected)) {
    throw new BrokenPromise('P2', `a reader and a fresh one: ${difference(known, expected)}`)
  }
}

/** Each answer consists of the output of the model calls that count; a finished step has all of its output. */
export function checkAnswers(world: World): void {
  const { ledger, askings } = world
  for (const run of ledger.runs.values()) {
    const parts = ledger.parts.get(run.message) ?? []
    const heard = new Map<number, number>()
    const mustBeWhole = new Set<number>()
    let last: number | null = null
    for (const part of parts) {
      if (part.type === 'tool') {
        if (last !== null) {
          mustBeWhole.add(last)
        }
        continue
      }
      if (part.type === 'file') continue
      for (const [, id, place] of part.text.matchAll(/\[(\d+):(\d+)😀\]/g)) {
        const asking = Number(id)
        if (Number(place) !== (heard.get(asking) ?? 0) || (last !== null && asking < last)) {
          throw new BrokenPromise('P2', `an answer says ${part.text} in this order`)
        }
        heard.set(asking, Number(place) + 1)
        last = asking
      }
      if (part.text.replaceAll(/\[\d+:\d+😀\]/g, '') !== '') {
        throw new BrokenPromise('P2', `an answer says ${part.text}`)
      }
    }
    // An answer that another run continued may end in the middle of a step.
    const isNewest = ledger.newestRunOf(run.message) === run
    if (isNewest && run.status === 'completed' && last !== null) {
      mustBeWhole.add(last)
    }
    for (const id of mustBeWhole) {
      const said = askings.find((asking) => asking.id === id)?.said.length
      if (said !== heard.get(id)) {
        throw new BrokenPromise('P2', `of ${said} words an answer has ${heard.get(id)}`)
      }
    }
  }
}

function providerId({ input }: ToolCall): string {
  const named: unknown = typeof input === 'object' && input && 'n' in input ? input.n : null
  return `provider-${String(named)}`
}

/** Serialized and parsed, as over a connection. */
function asSent(state: SessionState | null): unknown {
  return JSON.parse(JSON.stringify(state))
}

/** The first path at which two values differ, and the values there. */
function difference(one: unknown, other: unknown, path = ''): string {
  const isTree = typeof one === 'object' && typeof other === 'object' && one && other
  if (!isTree) {
    return `${path}: ${JSON.stringify(one)} / ${JSON.stringify(other)}`
  }
  const [left, right] = [new Map(Object.entries(one)), new Map(Object.entries(other))]
  for (const key of new Set([...left.keys(), ...right.keys()])) {
    if (!isDeepStrictEqual(left.get(key), right.get(key))) {
      return difference(left.get(key), right.get(key), `${path}.${key}`)
    }
  }
  return `${path} alike`
}
