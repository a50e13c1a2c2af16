import { PgBoss } from 'pg-boss'
import type { Database, Db } from '../../db/database.ts'
import { JOB_SCHEMA_NAME, jobsOf } from '../../db/jobs.ts'
import { hideJobRows } from '../../db/row-security.ts'
import type { SessionId } from '../../shared/contract/ids.ts'

/** One try at a job. */
export type Attempt = {
  id: string
  sessionId: SessionId
  /** Whether it is not tried again when it fails. */
  isLast: boolean
  /** Aborts when the job was cancelled, its time is over, or this process ends. */
  signal: AbortSignal
}

type Handler = (attempt: Attempt) => Promise<void>

const QUEUES = ['title', 'summary'] as const
export type QueueName = (typeof QUEUES)[number]

/** Tried again after some 2, 4, 8, 16 and 32 seconds, wherever there is a node. */
const RETRIES = { retryLimit: 5, retryDelay: 2, retryBackoff: true, retryDelayMax: 60 }
const TIMES = {
  /** A worker that was silent for so long has died, and its job goes to another. Seconds. */
  heartbeatSeconds: 10,
  expireInSeconds: 900,
  deleteAfterSeconds: 3_600,
}
/** How often a worker that nobody wakes looks for jobs: those that are tried again, or that others left. Seconds. */
const POLLING = 2
/**
 * How often jobs of dead workers are looked for, by one node for all. On an embedded database only an earlier process
 * can have left any, and looking holds everything else up for some 40 ms. Seconds.
 */
const SUPERVISION = { postgres: 15, embedded: 20 }
/** Jobs of one queue that a node works on at a time. */
const AT_A_TIME = 4

/**
 * The work that is done in the background: once, on any node, and again when that fails. pg-boss keeps it in the
 * database that everything else is in, so that a job can be asked for, and taken back, with a transaction of ours.
 */
export class JobRunner {
  readonly #boss: PgBoss
  readonly #db: Db
  readonly #onError: (error: unknown, what: string) => void
  readonly #workers = new Map<QueueName, string>()
  /** What was asked for in transactions that may not be committed yet. */
  readonly #sent = new Map<SessionId, QueueName>()
  readonly #closing = new AbortController()

  constructor(database: Database, onError: (error: unknown, what: string) => void) {
    this.#onError = onError
    this.#db = database.db
    this.#boss = new PgBoss({
      db: database.jobs,
      backend: database.kind === 'embedded' ? 'pglite' : 'postgres',
      schema: JOB_SCHEMA_NAME,
      // Nothing is done by the clock, and nothing depends on another job.
      schedule: false,
      flowIntervalSeconds: 3_600,
      superviseIntervalSeconds: SUPERVISION[database.kind],
      monitorIntervalSeconds: SUPERVISION[database.kind],
      // What an operator of many queues would want to see.
      registerInstance: false,
      monitorVacuum: false,
      reindex: false,
    })
    this.#boss.on('error', (error) => onError(error, 'the job queue has trouble'))
  }

  /** Makes the queues, so that jobs can be asked for. */
  async open(): Promise<void> {
    await this.#boss.start()
    const known = new Set((await this.#boss.getQueues()).map(({ name }) => name))
    for (const name of QUEUES) {
      if (!known.has(name)) {
        await this.#boss.createQueue(name)
      }
    }
    await hideJobRows(this.#db)
  }

  /** Begins to work on them. */
  async start(handlers: Record<QueueName, Handler>): Promise<void> {
    for (const name of QUEUES) {
      const options = {
        batchSize: AT_A_TIME,
        pollingIntervalSeconds: POLLING,
        burstWhenBatchFull: true,
        includeMetadata: true,
        perJobResults: true,
      } as const
      const worker = await this.#boss.work<{ sessionId: SessionId }, void, typeof options>(
        name,
        options,
        (jobs) =>
          Promise.all(
            jobs.map(async ({ id, data, retryCount, retryLimit, signal }) => {
              const attempt = {
                id,
                sessionId: data.sessionId,
                isLast: retryCount >= retryLimit,
                signal: AbortSignal.any([signal, this.#closing.signal]),
              }
              return { id, status: await this.#try(name, handlers[name], attempt) }
            }),
          ),
      )
      this.#workers.set(name, worker)
    }
  }

  /** Asks for a job with the caller's transaction. */
  async send(transaction: Db, name: QueueName, id: string, sessionId: SessionId): Promise<void> {
    // With the job, not with its queue, which keeps what it was made with.
    const options = { id, ...RETRIES, ...TIMES, db: jobsOf(transaction) }
    await this.#boss.send(name, { sessionId }, options)
    this.#sent.set(sessionId, name)
  }

  /** Takes a job back with the caller's transaction, wherever it is being worked on. */
  async cancel(transaction: Db, name: QueueName, id: string): Promise<void> {
    await this.#boss.cancel(name, id, { db: jobsOf(transaction) })
  }

  /** Says that a transaction on the session was committed here: a job that came with it need not wait to be found. */
  committed(sessionId: SessionId): void {
    const name = this.#sent.get(sessionId)
    if (name) {
      this.#sent.delete(sessionId)
      const worker = this.#workers.get(name)
      if (worker) {
        this.#boss.notifyWorker(worker)
      }
    }
  }

  /** Gives up what is under way: another node, or the next start, tries it again. */
  async close(): Promise<void> {
    this.#closing.abort()
    await this.#boss.stop({ graceful: true, timeout: 1_000 })
  }

  async #try(name: QueueName, handle: Handler, attempt: Attempt): Promise<'completed' | 'failed'> {
    try {
      await handle(attempt)
      return 'completed'
    } catch (error) {
      if (!attempt.signal.aborted) {
        this.#onError(error, `a ${name} could not be written`)
      }
      return 'failed'
    }
  }
}
