import type { PGlite } from '@electric-sql/pglite'
import {
  CompiledQuery,
  Kysely,
  PostgresAdapter,
  PostgresIntrospector,
  PostgresQueryCompiler,
} from 'kysely'
import type { DatabaseConnection, Driver, QueryResult } from 'kysely'
import type { Database } from '../../../db/engine/database.ts'
import {
  INSERT_CHUNKS,
  INSERT_CHUNKS_AND_NOTIFY,
  eventColumns,
} from '../../../db/queries/log/events.ts'
import type { Notifications } from '../../../db/engine/notifications.ts'
import type { Schema } from '../../../db/schema.ts'
import { ConnectionLost, DatabaseRefused } from './gate.ts'
import type { Operation } from './gate.ts'

/**
 * One node's view of the single embedded database. Each transaction, and each statement outside of one, is an operation
 * that begins when `enter` allows it and then runs alone, because the database has one connection.
 */
export function gatedDatabase(
  pglite: PGlite,
  enter: () => Promise<Operation>,
  notifications: Notifications | null,
): Database {
  const db = new Kysely<Schema>({
    dialect: {
      createAdapter: () => new PostgresAdapter(),
      createDriver: () => new GatedDriver(pglite, enter),
      createIntrospector: (any) => new PostgresIntrospector(any),
      createQueryCompiler: () => new PostgresQueryCompiler(),
    },
  })
  return {
    // Several nodes with notifications share it, which a node expects of Postgres only.
    kind: 'postgres',
    db,
    writer: db,
    transactionsAtOnce: 8,
    insertChunks: async (rows, payload) => {
      const columns = eventColumns(rows)
      await db.executeQuery(
        payload
          ? CompiledQuery.raw(INSERT_CHUNKS_AND_NOTIFY, [...columns, payload])
          : CompiledQuery.raw(INSERT_CHUNKS, columns),
      )
    },
    notifications,
    // No jobs are simulated.
    jobs: { executeSql: async () => ({ rows: [] }) },
    close: () => db.destroy(),
  }
}

class GatedDriver implements Driver {
  readonly #pglite: PGlite
  readonly #enter: () => Promise<Operation>

  constructor(pglite: PGlite, enter: () => Promise<Operation>) {
    this.#pglite = pglite
    this.#enter = enter
  }

  async init(): Promise<void> {}
  async destroy(): Promise<void> {}

  async acquireConnection(): Promise<DatabaseConnection> {
    return new GatedConnection(this.#pglite, await this.#enter())
  }

  // The single connection makes every transaction serializable, so the requested isolation level does not matter.
  beginTransaction(connection: DatabaseConnection): Promise<void> {
    return gated(connection).beginTransaction()
  }

  commitTransaction(connection: DatabaseConnection): Promise<void> {
    return gated(connection).commitTransaction()
  }

  rollbackTransaction(connection: DatabaseConnection): Promise<void> {
    return gated(connection).rollbackTransaction()
  }

  async releaseConnection(connection: DatabaseConnection): Promise<void> {
    gated(connection).release()
  }
}

class GatedConnection implements DatabaseConnection {
  readonly #pglite: PGlite
  readonly #operation: Operation
  #transaction: 'none' | 'open' | 'failed' = 'none'

  constructor(pglite: PGlite, operation: Operation) {
    this.#pglite = pglite
    this.#operation = operation
  }

  async executeQuery<R>({ sql, parameters }: CompiledQuery): Promise<QueryResult<R>> {
    this.#operation.sent(sql)
    if (this.#transaction === 'none' && this.#operation.conflicts) {
      throw new DatabaseRefused('40001')
    }
    if (this.#transaction === 'none' && this.#operation.isLate && this.#operation.wrote) {
      void this.#askLate(sql, [...parameters])
      throw new ConnectionLost()
    }
    const result = await this.#ask<R>(sql, [...parameters])
    if (this.#transaction === 'none') {
      await this.#operation.answer()
    }
    return result
  }

  // oxlint-disable-next-line require-yield
  async *streamQuery<R>(): AsyncIterableIterator<QueryResult<R>> {
    throw new Error('nothing streams rows')
  }

  async beginTransaction(): Promise<void> {
    await this.#ask('begin', [])
    this.#transaction = 'open'
  }

  async commitTransaction(): Promise<void> {
    if (this.#transaction === 'failed') {
      throw new Error('a transaction in which a statement failed was committed')
    }
    if (this.#operation.conflicts) {
      throw new DatabaseRefused('40001')
    }
    await this.#ask('commit', [])
    this.#transaction = 'none'
    await this.#operation.answer()
  }

  async rollbackTransaction(): Promise<void> {
    if (this.#transaction !== 'none') {
      this.#transaction = 'none'
      await this.#ask('rollback', [])
    }
  }

  release(): void {
    this.#operation.end()
  }

  async #askLate(text: string, parameters: unknown[]): Promise<void> {
    const operation = await this.#operation.gate.cut().enter()
    operation.sent(text)
    // Nobody hears of its failure either.
    await this.#pglite.query(text, parameters).catch(() => undefined)
    operation.end()
  }

  async #ask<R>(text: string, parameters: unknown[]): Promise<QueryResult<R>> {
    try {
      const { rows, affectedRows } = await this.#pglite.query<R>(text, parameters)
      return affectedRows === undefined ? { rows } : { rows, numAffectedRows: BigInt(affectedRows) }
    } catch (error) {
      this.#transaction = this.#transaction === 'none' ? 'none' : 'failed'
      throw error
    }
  }
}

function gated(connection: DatabaseConnection): GatedConnection {
  if (!(connection instanceof GatedConnection)) {
    throw new Error('a connection of another driver')
  }
  return connection
}
