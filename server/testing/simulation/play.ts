import type { CallId, MessageId } from '../../../shared/contract/ids.ts'
import { MessageId as MessageIdSchema } from '../../../shared/contract/ids.ts'
import type { SessionState } from '../../../shared/session/fold.ts'
import { CommandError } from '../../api-error.ts'
import { continueAnswer } from '../../commands/answers/continue-answer.ts'
import { ask } from '../../commands/messages/send-message.ts'
import { decideCall, resolveCall } from '../../commands/answers/settle-call.ts'
import { stopRun } from '../../commands/answers/stop-run.ts'
import { drawing } from './act.ts'
import type { Act, Step } from './act.ts'
import { isSimulated } from './gate.ts'
import { BrokenPromise } from './broken-promise.ts'
import type { SimulatedNode } from './simulated-node.ts'
import { checkClient } from './witness.ts'
import type { Slot, World } from './world.ts'

const ENDED = new Set(['completed', 'stopped', 'failed', 'interrupted'])

/** Executes the actions of a history as far as they are possible at the time, and remembers the answers. */
export class Play {
  readonly #world: World
  readonly #retried: Map<string, number>
  readonly #ids: readonly MessageId[]
  /** The answer to the first send of each message. */
  readonly #answers = new Map<string, { text: string; runId: string }>()
  /** True when messages may have been removed from a queue, after which an id may be used again. */
  #cleared = false
  readonly #checked = new WeakSet<SessionState>()

  /** @param retried counts how often a person had each call retried */
  constructor(world: World, retried: Map<string, number>) {
    this.#world = world
    this.#retried = retried
    this.#ids = Array.from({ length: 10 }, () => MessageIdSchema.parse(world.newId()))
  }

  async step({ act, turns, seed, talks = false }: Step): Promise<void> {
    const world = this.#world
    const draw = drawing(seed)
    await this.#act(act)
    await world.standStill()
    const isLong = 'long' in act && act.long
    if (isLong) {
      if (act.type === 'give-away') {
        await this.#turns(GIVING_TURNS, draw, talks)
      } else {
        await this.#live({ type: 'expire', node: act.node })
      }
      await world.passTime(SWEEP_MS)
    }
    await this.#turns(isLong ? TAKEOVER_TURNS : turns, draw, talks)
    // Not at every step, because it is the most expensive check.
    for (const client of draw(4) === 0 ? world.clients : []) {
      const { state } = client
      if (client.attachment && state && !this.#checked.has(state)) {
        this.#checked.add(state)
        await checkClient(world, client)
      }
    }
  }

  async #turns(most: number, draw: (bound: number) => number, talks: boolean): Promise<void> {
    const world = this.#world
    for (let count = 0; count < most && (await world.turn(draw)); count += 1) {
      if (talks && draw(2) === 0) {
        at(this.#open(), draw(TALKING))?.say('text')
        await world.passTime(draw(2) * COMMIT_MS)
      }
    }
  }

  decide(node: SimulatedNode, callId: CallId, decision: 'approve' | 'deny'): void {
    const { userId } = this.#world
    this.#command(node.execute(userId, decideCall, { callId, decision }), (call) => {
      const history = this.#world.ledger.calls.get(call.id)?.history ?? []
      // A call that is to be tried again after an unknown outcome begins at once, or stays unknown.
      const possible = decision === 'approve' ? ['pending', 'running'] : ['denied', 'unknown']
      const recorded = call.status === 'running' ? 'unknown' : call.status
      if (!possible.includes(call.status) || !history.includes(recorded)) {
        throw new BrokenPromise(
          'P11',
          `a decision was answered ${call.status}, and the call is ${history.join()}`,
        )
      }
    })
  }

  async #act(act: Act): Promise<void> {
    const world = this.#world
    switch (act.type) {
      case 'send':
        return this.#send(act)
      case 'stop': {
        const command = { sessionId: this.#session(act), clearQueue: act.clearQueue }
        this.#cleared ||= act.clearQueue
        const node = this.#node(act.node)
        if (node) {
          this.#command(node.execute(world.userId, stopRun, command))
        }
        return
      }
      case 'continue':
        return this.#continue(act)
      case 'decide': {
        const call = at(world.ledger.callsThat('awaiting-approval'), act.pick)
        for (const which of act.twice ? [act.node, 1 - act.node] : [act.node]) {
          const node = this.#node(which)
          if (node && call) {
            this.decide(node, call.id, act.decision)
          }
        }
        return
      }
      case 'resolve': {
        const call = at(world.ledger.callsThat('unknown'), act.pick)
        const node = this.#node(act.node)
        if (node && call) {
          const times = this.#retried.get(call.id) ?? 0
          this.#retried.set(call.id, times + (act.outcome === 'retry' ? 1 : 0))
          const { userId } = world
          this.#command(
            node.execute(userId, resolveCall, { callId: call.id, outcome: act.outcome }),
          )
        }
        return
      }
      case 'say':
      case 'call-tools':
      case 'finish':
        return this.#speak(act)
      case 'settle-call':
        return at(this.#underWay(), act.pick)?.settle(act.ok)
      case 'give-away': {
        const node = this.#node(act.node)
        return node ? this.#giveAway(node) : undefined
      }
      case 'fault': {
        const operation = at(world.traffic.ready, act.pick)
        return operation && world.perform(operation, act.fate)
      }
      case 'drop':
        return at(world.network.arriving, act.pick)?.drop()
      case 'pass-time':
        return world.passTime(act.ms)
      case 'read':
        return this.#read(act)
      case 'leave':
        return world.clients[act.client]?.detach()
      case 'pause':
        return world.clients[act.client]?.pause()
      case 'unpause':
        return world.clients[act.client]?.unpause()
      default: {
        return this.#live(act)
      }
    }
  }

  #send({
    node: which,
    session,
    id: index,
    variant,
    whenBusy,
    root,
  }: Act & { type: 'send' }): void {
    const world = this.#world
    const node = this.#node(which)
    if (!node) {
      return
    }
    const id = index === null ? undefined : this.#ids[index * 2 + session]
    const text = id ? `question ${session}/${index}/${variant}` : `question ${world.nextNumber()}`
    const sessionId = this.#session({ session })
    const question = { text, whenBusy, id, ...(root && { parentId: null }) }
    const send = { session: () => sessionId, run: ask }
    const sent = node.execute(world.userId, send, question)
    this.#command(sent, ({ messageId, runId }) => {
      const { ledger } = world
      const stands = ledger.messages.has(messageId) && ledger.runs.has(runId)
      if (!ledger.everSeen.has(messageId) || !(stands || this.#cleared)) {
        throw new BrokenPromise('P5', `a send was answered, and ${messageId} is not stored`)
      }
      const first = this.#answers.get(messageId) ?? { text, runId }
      if (!this.#cleared && (first.text !== text || first.runId !== runId)) {
        throw new BrokenPromise('P5', `${messageId} was sent as ${first.text}, then as ${text}`)
      }
      this.#answers.set(messageId, { text, runId })
    })
  }

  /** Continues an answer that has ended, if that is possible. */
  #continue({ node, pick, twice }: Act & { type: 'continue' }): void {
    const { ledger, userId } = this.#world
    const ended = [...ledger.runs.values()].filter(({ status }) => ENDED.has(status))
    const id = at(ended, pick)?.message
    for (const which of id && twice ? [node, 1 - node] : [node]) {
      const there = this.#node(which)
      if (!there || !id) return
      const continued = there.execute(userId, continueAnswer, { id: MessageIdSchema.parse(id) })
      this.#command(continued, ({ messageId, runId }) => {
        if (messageId !== id || ledger.runs.get(runId)?.message !== id) {
          throw new BrokenPromise('P5', `${id} is to be continued, and no run ${runId} does it`)
        }
      })
    }
  }

  /** The guest's account gets everything. */
  async #giveAway(node: SimulatedNode): Promise<void> {
    const account = await this.#world.newPerson()
    this.#command(node.giveAway(this.#world.userId, account))
  }

  #speak(act: Extract<Act, { type: 'say' | 'call-tools' | 'finish' }>): void {
    const world = this.#world
    const asking = at(this.#open(), act.pick)
    switch (act.type) {
      case 'say':
        for (let piece = 0; piece < act.pieces; piece += 1) {
          asking?.say(act.kind)
        }
        return
      case 'call-tools':
        return asking?.callTools(act.tools.map((name) => ({ name, n: world.nextNumber() })))
      case 'finish':
        return asking?.finish(act.how)
    }
  }

  #read({ client: which, node, from }: Act & { type: 'read' }): void {
    const client = this.#world.clients[which]
    const reading = this.#node(node)
    const { userId } = this.#world
    if (!client || !reading) {
      return
    }
    switch (from) {
      case 'nothing':
        return client.attach(reading, userId, null)
      case 'here':
        return client.attach(reading, userId, client.state)
      case 'past':
        return client.attach(reading, userId, client.past[client.past.length >> 1] ?? null)
      case 'future':
        return client.attach(reading, userId, client.state, 1_000_000)
    }
  }

  #live(act: Extract<Act, { node: number; type: keyof typeof lives }>): void | Promise<void> {
    const slot = this.#world.slots[act.node]
    return slot && lives[act.type](this.#world, slot)
  }

  /** Issues a command; its answer is checked when nothing else is under way. */
  #command<T>(answer: Promise<T>, check: (answer: T) => void = () => {}): void {
    answer.then(
      (value) => this.#world.later(() => check(value)),
      (error: unknown) => {
        if (!(error instanceof CommandError) && !isSimulated(error)) {
          this.#world.broken(error)
        }
      },
    )
  }

  #node(which: number): SimulatedNode | null {
    const slot = this.#world.slots[which]
    return slot?.state === 'up' ? slot.node : null
  }

  #session({ session }: { session: number }) {
    const id = this.#world.sessions[session]
    if (!id) {
      throw new Error(`there is no session ${session}`)
    }
    return id
  }

  /** The requests to models that are not answered. */
  #open() {
    return this.#world.askings.filter(({ ended, nodeId }) => !ended && this.#thinks(nodeId))
  }

  #underWay() {
    return this.#world.executions.filter(({ ended, nodeId }) => !ended && this.#thinks(nodeId))
  }

  /** True when the node's process runs; a frozen one does nothing. */
  #thinks(nodeId: string): boolean {
    return this.#world.lives(nodeId)
  }
}

/** Actions on a node. */
const lives = {
  crash: (world: World, slot: Slot) => world.crash(slot),
  freeze: (_world: World, slot: Slot) => slot.node?.gate.hold(),
  thaw: (_world: World, slot: Slot) => slot.node?.gate.open(),
  expire: (world: World, slot: Slot) => world.expire(slot),
  'shut-down': (world: World, slot: Slot) => world.shutDown(slot),
  start: (world: World, slot: Slot) => (slot.node ? undefined : world.start(slot)),
}

/** After this, the living nodes have looked for orphaned runs. */
const SWEEP_MS = 1_100
/** The number of turns in which a guest's account most likely has everything. */
const GIVING_TURNS = 10
/** A commit that gathers text begins after this. */
const COMMIT_MS = 10
/** More than the requests to models that are open at the same time. */
const TALKING = 12
/** The number of turns in which they have taken them over. */
const TAKEOVER_TURNS = 200

function at<T>(things: readonly T[], pick: number): T | undefined {
  return things[pick % things.length]
}
