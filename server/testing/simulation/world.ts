import type { PGlite } from '@electric-sql/pglite'
import type { Database } from '../../../db/connect.ts'
import { SessionId, UserId } from '../../../shared/contract/ids.ts'
import { uuidV7 } from '../../../shared/contract/new-id.ts'
import { insertSession } from '../../../db/sessions.ts'
import { ensureUser } from '../../../db/users.ts'
import { vi } from 'vitest'
import { Client } from './client.ts'
import { gatedDatabase } from './gated-database.ts'
import { ConnectionLost, type Fate, Gate, type Operation, Traffic } from './gate.ts'
import { BrokenPromise, Ledger } from './ledger.ts'
import { Network } from './network.ts'
import { type SimulatedNode, simulatedNode } from './simulated-node.ts'
import { type Asking, talkingModel } from './talking-model.ts'
import { type Execution, watchedTools } from './watched-tools.ts'

/** A place where one node after the other lives. */
export type Slot = { node: SimulatedNode | null; state: 'none' | 'starting' | 'up' | 'closing' }

/**
 * Two nodes on one database, their clock, their network and the people who use them. Nothing happens by itself: each
 * operation on the database, each notification, each word of the model and each millisecond is let through from here.
 */
export class World {
  readonly traffic = new Traffic()
  readonly network = new Network()
  readonly slots: readonly [Slot, Slot] = [
    { node: null, state: 'none' },
    { node: null, state: 'none' },
  ]
  readonly userId: UserId
  readonly sessions: readonly [SessionId, SessionId]
  readonly clients: readonly Client[]
  readonly ledger: Ledger
  /** The database as nobody's node sees it; only while no operation is under way. */
  readonly database: Database
  readonly askings: Asking[] = []
  readonly executions: Execution[] = []
  /** What is to be looked at when everything stands still. */
  readonly checks: (() => void)[] = []
  readonly trace: string[] = []
  readonly #pglite: PGlite
  #ids = 0
  #broken: unknown = null
  #databaseTime = ''
  #silence: (() => Promise<void>) | null = null

  private constructor(pglite: PGlite) {
    this.#pglite = pglite
    this.userId = UserId.parse(this.newId())
    this.sessions = [SessionId.parse(this.newId()), SessionId.parse(this.newId())]
    this.ledger = new Ledger(pglite, this.sessions)
    this.clients = [0, 1, 2, 3].map(
      (index) =>
        new Client(this.sessions[index % 2 === 0 ? 0 : 1], this.userId, (error) => this.broken(error)),
    )
    const observer = new Gate('observer', new Traffic())
    this.database = gatedDatabase(
      pglite,
      async () => {
        const entered = observer.enter()
        const [operation] = observer.waiting
        operation?.begin('pass')
        return entered
      },
      null,
    )
  }

  static async open(pglite: PGlite): Promise<World> {
    await pglite.exec(
      'truncate users, sessions, messages, runs, steps, tool_calls, events, nodes cascade',
    )
    const world = new World(pglite)
    await world.#tellTime()
    const listening = await pglite.listen('throughline', (payload) => {
      world.traffic.activity += 1
      world.network.send(payload, world.traffic.running?.gate ?? world.#lastGate)
    })
    world.#silence = () => listening()
    const now = new Date().toISOString()
    await ensureUser(world.database.db, {
      id: world.userId,
      name: 'Ada',
      email: null,
      role: 'member',
      account_status: 'active',
      subscription_tier: 'free',
    })
    for (const id of world.sessions) {
      await insertSession(world.database.db, {
        id,
        userId: world.userId,
        title: null,
        model: null,
        systemPrompt: null,
        now,
      })
    }
    return world
  }
}
