import { AsyncLocalStorage } from 'node:async_hooks'
import { Kysely, PostgresAdapter, PostgresIntrospector, PostgresQueryCompiler } from 'kysely'
import type {
  CompiledQuery,
  ControlledTransaction,
  DatabaseConnection,
  Dialect,
  Driver,
  QueryResult,
  Transaction,
} from 'kysely'
import type { Schema } from '../schema.ts'
import type { Db } from './database.ts'

/**
 * A handle for a library that opens transactions around slow work, such as hashing a password. The real transaction
 * begins with the first statement that writes or locks, so that it takes no connection before; an embedded database has
 * only one, for which all answers wait.
 */
type LazyTransactions = {
  db: Db
  /**
   * The transaction in which the caller runs, for work that must be committed together with it; outside of one the
   * database itself. Within a transaction all queries have to use this.
   */
  current(): Db
}

export function lazyTransactions(db: Db): LazyTransactions {
  const running = new AsyncLocalStorage<{ transaction: Transaction<Schema>; isOver: boolean }>()
  const dialect: Dialect = {
    createAdapter: () => new PostgresAdapter(),
    createDriver: () => new LazyDriver(db),
    createIntrospector: (of) => new PostgresIntrospector(of),
    createQueryCompiler: () => new PostgresQueryCompiler(),
  }
  const lazy = new (class extends Kysely<Schema> {
    override transaction() {
      const builder = super.transaction()
      const execute = builder.execute.bind(builder)
      builder.execute = (work) =>
        execute(async (transaction) => {
          const unit = { transaction, isOver: false }
          try {
            return await running.run(unit, () => work(transaction))
          } finally {
            unit.isOver = true
          }
        })
      return builder
    }
  })({ dialect })
  return {
    db: lazy,
    current: () => {
      const unit = running.getStore()
      return unit && !unit.isOver ? unit.transaction : db
    },
  }
}

/** Kysely asks this driver for a connection with every statement; the database behind it takes a real one. */
class LazyDriver implements Driver {
  readonly #db: Db

  constructor(db: Db) {
    this.#db = db
  }

  async init(): Promise<void> {}

  async acquireConnection(): Promise<LazyConnection> {
    return new LazyConnection(this.#db)
  }

  async beginTransaction(connection: DatabaseConnection): Promise<void> {
    lazyOf(connection).isInTransaction = true
  }

  async commitTransaction(connection: DatabaseConnection): Promise<void> {
    await lazyOf(connection).commit()
  }

  async rollbackTransaction(connection: DatabaseConnection): Promise<void> {
    await lazyOf(connection).rollback()
  }

  async releaseConnection(): Promise<void> {}

  async destroy(): Promise<void> {}
}

class LazyConnection implements DatabaseConnection {
  readonly #db: Db
  #begun: Promise<ControlledTransaction<Schema>> | null = null
  isInTransaction = false

  constructor(db: Db) {
    this.#db = db
  }

  async executeQuery<Row>(query: CompiledQuery): Promise<QueryResult<Row>> {
    if (this.isInTransaction && !this.#begun && writesOrLocks(query)) {
      this.#begun = this.#db.startTransaction().execute()
    }
    return (this.#begun ? await this.#begun : this.#db).executeQuery<Row>(query)
  }

  streamQuery<Row>(): AsyncIterableIterator<QueryResult<Row>> {
    throw new Error('nothing is streamed here')
  }

  async commit(): Promise<void> {
    await (await this.#begun)?.commit().execute()
  }

  async rollback(): Promise<void> {
    await (await this.#begun)?.rollback().execute()
  }
}

function lazyOf(connection: DatabaseConnection): LazyConnection {
  if (!(connection instanceof LazyConnection)) {
    throw new Error('this is another driver’s connection')
  }
  return connection
}

function writesOrLocks({ query }: CompiledQuery): boolean {
  return query.kind !== 'SelectQueryNode' || query.endModifiers !== undefined
}
