import type { PGlite } from '@electric-sql/pglite'
import { vi } from 'vitest'
import type { Database } from '../../../db/engine/database.ts'
import { insertSession } from '../../../db/queries/sessions/sessions.ts'
import { ensureUser } from '../../../db/queries/users.ts'
import { SessionId, UserId } from '../../../shared/contract/ids.ts'
import { uuidV7 } from '../../../shared/contract/new-id.ts'
import { Client } from './client.ts'
import { Gate, Traffic, freeOperation, isSimulated } from './gate.ts'
import type { Fate, Operation } from './gate.ts'
import { gatedDatabase } from './gated-database.ts'
import { BrokenPromise } from './broken-promise.ts'
import { Ledger } from './ledger.ts'
import { Network } from './network.ts'
import { simulatedNode } from './simulated-node.ts'
import type { SimulatedNode } from './simulated-node.ts'
import { talkingModel } from './talking-model.ts'
import type { Asking } from './talking-model.ts'
import { watchedTools } from './watched-tools.ts'
import type { Execution } from './watched-tools.ts'

/** A place for one node after the other. */
export type Slot = {
  node: SimulatedNode | null
  state: 'none' | 'starting' | 'up' | 'closing'
  /** The current or last node in this place. */
  nodeId: string | null
}

/**
 * Two nodes on one database, with their clock, their network and their users. Nothing happens by itself: this class
 * releases each database operation, notification, model output and millisecond.
 */
export class World {
  readonly traffic = new Traffic()
  readonly network = new Network()
  readonly slots: readonly Slot[] = [emptySlot(), emptySlot()]
  /** The person who owns the sessions now. */
  userId: UserId
  readonly sessions: readonly SessionId[]
  readonly clients: readonly Client[]
  readonly ledger: Ledger
  /** The database seen from outside of the nodes; only for use while nothing is under way. */
  readonly database: Database
  readonly askings: Asking[] = []
  readonly executions: Execution[] = []
  onAsked: (asking: Asking) => void = () => {}
  onBegun: (execution: Execution) => void = () => {}
  readonly #pglite: PGlite
  #checks: (() => void)[] = []
  #numbers = 0
  #broken: { error: unknown } | null = null
  #databaseTime = ''
  #acting: Gate | null = null

  constructor(pglite: PGlite) {
    this.#pglite = pglite
    this.userId = UserId.parse(this.newId())
    this.sessions = [SessionId.parse(this.newId()), SessionId.parse(this.newId())]
    this.ledger = new Ledger(pglite, this.sessions, () => this.#numbers)
    this.clients = [true, false].flatMap((hasOutlet) =>
      this.sessions.map(
        (sessionId) => new Client(sessionId, hasOutlet, (error) => this.broken(error)),
      ),
    )
    this.database = gatedDatabase(pglite, async () => freeOperation(), null)
  }

  /** Empties the database and creates the user and the sessions. Disposing the result ends the world. */
  async open(): Promise<AsyncDisposable> {
    // A failed history may have left its transaction open.
    await this.#pglite.exec('rollback')
    await this.#pglite.exec(
      'truncate users, sessions, messages, runs, steps, tool_calls, events, nodes cascade',
    )
    const deaf = await this.#pglite.listen('throughline', (payload) => {
      this.traffic.activity += 1
      this.network.send(payload, this.#acting)
    })
    await this.#insertPerson(this.userId)
    const { db } = this.database
    for (const id of this.sessions) {
      const chosen = { title: null, model: null, systemPrompt: null }
      await insertSession(db, { id, userId: this.userId, ...chosen, now: isoNow() })
    }
    return {
      [Symbol.asyncDispose]: async () => {
        for (const slot of this.slots) {
          this.crash(slot)
        }
        await deaf()
      },
    }
  }

  /** Creates a person to whom everything can be given. Only while nothing is under way. */
  async newPerson(): Promise<UserId> {
    const id = UserId.parse(this.newId())
    await this.#insertPerson(id)
    return id
  }

  async #insertPerson(id: UserId): Promise<void> {
    const { db } = this.database
    await ensureUser(db, {
      ...{ id, name: 'Ada', email: null, role: 'member' },
      ...{ account_status: 'active', subscription_tier: 'free' },
    })
  }

  newId(): string {
    const bytes = new Uint8Array(16)
    new DataView(bytes.buffer).setUint32(12, this.nextNumber())
    return uuidV7(Date.now(), bytes)
  }

  nextNumber(): number {
    this.#numbers += 1
    return this.#numbers
  }

  broken(error: unknown): void {
    this.#broken ??= { error }
  }

  /** Schedules a check for when nothing is under way. */
  later(check: () => void): void {
    this.#checks.push(check)
  }

  get up(): SimulatedNode[] {
    return this.slots.flatMap(({ node, state }) => (node && state === 'up' ? [node] : []))
  }

  /** Lets one randomly chosen pending operation happen; false when there is none. */
  async turn(draw: (bound: number) => number): Promise<boolean> {
    const { ready } = this.traffic
    const { arriving } = this.network
    const count = ready.length + arriving.length
    if (count === 0) {
      return false
    }
    const index = draw(count)
    const operation = ready[index]
    if (operation) {
      await this.perform(operation, 'pass')
    } else {
      arriving[index - ready.length]?.deliver()
      await this.standStill()
    }
    return true
  }

  async perform(operation: Operation, fate: Fate): Promise<void> {
    if (this.#databaseTime !== isoNow()) {
      this.#databaseTime = isoNow()
      await this.#pglite.query(`select set_config('simulation.now', $1, false)`, [isoNow()])
    }
    this.#acting = operation.gate
    operation.begin(fate)
    await this.standStill(() => (operation.wrote ? this.#read(operation.gate.nodeId) : null))
    this.#acting = null
    for (const slot of this.slots) {
      if (slot.node?.gate.state === 'dead') {
        this.crash(slot)
      }
    }
  }

  async #read(nodeId: string): Promise<void> {
    await this.ledger.read(nodeId)
    const { person } = this.ledger
    if (person !== null && person !== this.userId) {
      // The guest's login has ended, and with it their connections.
      this.userId = UserId.parse(person)
      this.clients.forEach((client) => client.detach())
    }
  }

  async passTime(ms: number): Promise<void> {
    await vi.advanceTimersByTimeAsync(ms)
    await this.standStill()
  }

  /** Waits until nothing is under way, and then checks the promises. */
  async standStill(read?: () => Promise<void> | null): Promise<void> {
    let silent = 0
    for (let rounds = 0; silent < 2; rounds += 1) {
      const before = this.traffic.activity
      await new Promise((resolve) => setImmediate(resolve))
      const moves = this.traffic.activity !== before
      rounds = moves ? 0 : rounds
      silent = moves || this.traffic.running ? 0 : silent + 1
      if (rounds > 10_000) {
        throw new Error('a transaction waits for something outside of itself')
      }
    }
    await read?.()
    for (const check of this.#checks.splice(0)) {
      check()
    }
    for (const client of this.clients) {
      if ((client.state?.seq ?? 0) > (this.ledger.heads.get(client.sessionId) ?? 0)) {
        throw new BrokenPromise('P5', `a reader saw ${client.state?.seq} before it was stored`)
      }
    }
    if (this.#broken) {
      throw this.#broken.error
    }
  }

  start(slot: Slot): void {
    const gate = new Gate(this.newId(), this.traffic)
    const tools = watchedTools(gate.nodeId, (execution) => {
      this.executions.push(execution)
      this.onBegun(execution)
    })
    const model = talkingModel(
      gate.nodeId,
      () => this.nextNumber(),
      (asking) => {
        this.askings.push(asking)
        this.onAsked(asking)
      },
    )
    const node = simulatedNode({
      gate,
      pglite: this.#pglite,
      network: this.network,
      model,
      tools,
      newId: () => this.newId(),
      onError: (error, what) => this.failed(error, what),
    })
    Object.assign(slot, { node, state: 'starting', nodeId: gate.nodeId } satisfies Slot)
    this.#follow(slot, node, node.open(), () => {
      slot.state = 'up'
    })
  }

  /** Shuts a node down in order. */
  shutDown(slot: Slot): void {
    if (slot.node && slot.state === 'up') {
      slot.state = 'closing'
      this.#follow(slot, slot.node, slot.node.close(), () => this.crash(slot))
    }
  }

  /** Crashes a node: only what is in the database remains. */
  crash(slot: Slot): void {
    const { node } = slot
    if (node) {
      node.gate.kill()
      this.network.remove(node.gate)
      slot.node = null
      slot.state = 'none'
      for (const client of this.clients) {
        if (client.attachment?.nodeId === node.gate.nodeId) {
          client.detach()
        }
      }
    }
  }

  /** Expires a node's lease, as time would. */
  async expire(slot: Slot): Promise<void> {
    await this.#pglite.query(
      `update nodes set lease_until = now() - interval '1 second' where id = $1`,
      [slot.nodeId],
    )
  }

  /** An error of a cut connection, or of a database that did not answer for long, is not a fault of the node. */
  failed(error: unknown, what: string): void {
    if (!isSimulated(error)) {
      this.broken(new Error(what, { cause: error }))
    }
  }

  lives(nodeId: string): boolean {
    return this.slots.some(({ node }) => node?.gate.nodeId === nodeId)
  }

  #follow(slot: Slot, node: SimulatedNode, done: Promise<void>, then: () => void): void {
    done.then(
      () => {
        if (slot.node === node) {
          then()
        }
      },
      (error: unknown) => {
        this.failed(error, 'a node could not start, or end')
        if (slot.node === node) {
          this.crash(slot)
        }
      },
    )
  }
}

function emptySlot(): Slot {
  return { node: null, state: 'none', nodeId: null }
}

export function isoNow(): string {
  return new Date().toISOString()
}
