import { PgBoss } from 'pg-boss'
import type { Database, Db } from '../../db/engine/database.ts'
import { JOB_SCHEMA_NAME, jobsOf } from '../../db/queries/jobs.ts'
import type { OnError } from '../log-ids.ts'
import { hideJobRows } from '../../db/engine/row-security.ts'
import type { SessionId } from '../../shared/contract/ids.ts'

/** One attempt at a job. */
export type Attempt = {
  id: string
  sessionId: SessionId
  /** True when a failure is not retried. */
  isLast: boolean
  /** Aborts when the job is cancelled, when its time is over, or when this process ends. */
  signal: AbortSignal
}

type Handler = (attempt: Attempt) => Promise<void>

type Worker = { id: string; isBusy: boolean }

const QUEUES = ['title', 'summary'] as const
export type QueueName = (typeof QUEUES)[number]

/** Failed jobs are retried after some 2, 4, 8, 16 and 32 seconds, on any node. */
const RETRIES = { retryLimit: 5, retryDelay: 2, retryBackoff: true, retryDelayMax: 60 }
const TIMES = {
  /** Without a heartbeat for this long, a worker counts as dead and its job goes to another. Seconds. */
  heartbeatSeconds: 10,
  expireInSeconds: 900,
  deleteAfterSeconds: 3_600,
}
/** The interval at which one idle worker of each queue polls for retries and for jobs of dead workers. Milliseconds. */
const POLL_INTERVAL = 2_000
/** The workers do not poll by themselves, for each of them would ask as often as one has to. */
const OWN_POLL_INTERVAL_SECONDS = 3_600
/**
 * The interval at which one of the nodes looks for jobs of dead workers. On an embedded database, only an earlier process can have
 * left any, and the query blocks other queries for some 40 ms.
 */
const SUPERVISION_INTERVAL_SECONDS = { postgres: 15, embedded: 20 }
/** The most jobs of one queue that a node runs concurrently. */
const CONCURRENCY = 4

/**
 * Runs background jobs: each once, on any node, with retries. pg-boss keeps the jobs in our own database, so that a job
 * can be requested and cancelled in our transactions.
 */
export class JobRunner {
  readonly #boss: PgBoss
  readonly #db: Db
  readonly #onError: OnError
  readonly #workers: Record<QueueName, Worker[]> = { title: [], summary: [] }
  #timer: NodeJS.Timeout | undefined
  /** Jobs that were requested in transactions that may not be committed yet. */
  readonly #sent = new Map<SessionId, QueueName>()
  readonly #closing = new AbortController()

  constructor(database: Database, onError: OnError) {
    this.#onError = onError
    this.#db = database.db
    this.#boss = new PgBoss({
      db: database.jobs,
      backend: database.kind === 'embedded' ? 'pglite' : 'postgres',
      schema: JOB_SCHEMA_NAME,
      // There are no scheduled jobs and no dependencies between jobs.
      schedule: false,
      flowIntervalSeconds: 3_600,
      superviseIntervalSeconds: SUPERVISION_INTERVAL_SECONDS[database.kind],
      monitorIntervalSeconds: SUPERVISION_INTERVAL_SECONDS[database.kind],
      // Features for operators of many queues.
      registerInstance: false,
      monitorVacuum: false,
      reindex: false,
    })
    this.#boss.on('error', (error) => onError(error, 'the job queue has trouble'))
  }

  /** Creates the queues, so that jobs can be requested. */
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

  /**
   * Starts the workers, each with one job at a time: pg-boss hands out a batch as a whole, and the next one when the
   * slowest of the last has ended.
   */
  async start(handlers: Record<QueueName, Handler>): Promise<void> {
    for (const name of QUEUES) {
      for (let index = 0; index < CONCURRENCY; index += 1) {
        await this.#startWorker(name, handlers[name])
      }
    }
    this.#timer = setInterval(() => QUEUES.forEach((name) => this.#wake(name)), POLL_INTERVAL)
    this.#timer.unref()
  }

  async #startWorker(name: QueueName, handle: Handler): Promise<void> {
    const options = {
      batchSize: 1,
      pollingIntervalSeconds: OWN_POLL_INTERVAL_SECONDS,
      includeMetadata: true,
      perJobResults: true,
    } as const
    const worker: Worker = { id: '', isBusy: false }
    worker.id = await this.#boss.work<{ sessionId: SessionId }, void, typeof options>(
      name,
      options,
      async (jobs) => {
        worker.isBusy = true
        // There may be more, for the next one.
        this.#wake(name)
        const results = []
        for (const { id, data, retryCount, retryLimit, signal } of jobs) {
          const attempt = {
            id,
            sessionId: data.sessionId,
            isLast: retryCount >= retryLimit,
            signal: AbortSignal.any([signal, this.#closing.signal]),
          }
          results.push({ id, status: await this.#try(name, handle, attempt) })
        }
        worker.isBusy = false
        this.#boss.notifyWorker(worker.id)
        return results
      },
    )
    this.#workers[name].push(worker)
  }

  /** Lets a worker that has nothing to do look for a job. */
  #wake(name: QueueName): void {
    const idle = this.#workers[name].find(({ isBusy }) => !isBusy)
    if (idle) {
      this.#boss.notifyWorker(idle.id)
    }
  }

  /** Requests a job in the caller's transaction. */
  async send(transaction: Db, name: QueueName, id: string, sessionId: SessionId): Promise<void> {
    // Set on the job, because a queue keeps the options with which it was first created.
    const options = { id, ...RETRIES, ...TIMES, db: jobsOf(transaction) }
    await this.#boss.send(name, { sessionId }, options)
    this.#sent.set(sessionId, name)
  }

  /** Cancels a job in the caller's transaction, also while it is being worked on. */
  async cancel(transaction: Db, name: QueueName, id: string): Promise<void> {
    await this.#boss.cancel(name, id, { db: jobsOf(transaction) })
  }

  /**
   * Called after the commit of a transaction on the session: a job that it requested starts without waiting for the
   * next poll.
   */
  committed(sessionId: SessionId): void {
    const name = this.#sent.get(sessionId)
    if (name) {
      this.#sent.delete(sessionId)
      this.#wake(name)
    }
  }

  /** Aborts running jobs; another node, or the next start, retries them. */
  async close(): Promise<void> {
    this.#closing.abort()
    clearInterval(this.#timer)
    await this.#boss.stop({ graceful: true, timeout: 1_000 })
  }

  async #try(name: QueueName, handle: Handler, attempt: Attempt): Promise<'completed' | 'failed'> {
    try {
      await handle(attempt)
      return 'completed'
    } catch (error) {
      if (!attempt.signal.aborted) {
        this.#onError(error, `a ${name} could not be written`, { session: attempt.sessionId })
      }
      return 'failed'
    }
  }
}
