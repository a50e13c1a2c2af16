import { isTransactionConflict, isUnavailable } from '../db/engine/database-errors.ts'

type OutageOptions = {
  logger: { error(about: object, what: string): void; info(about: object, what: string): void }
  /** Rejects while the database cannot be used. */
  check: () => Promise<unknown>
  /** The interval of checks during an outage. Milliseconds. */
  everyMs?: number
}

/** Keeps the log readable while the database is away, when everything fails for the same reason. */
export type OutageLog = Disposable & {
  /** Logs a failure, unless it belongs to an outage that was logged already. */
  report(error: unknown, what: string, about?: object): void
}

/**
 * Logs one line when an outage begins, with the first failure, and one when it is over, with the number of failures.
 */
export function createOutageLog({ logger, check, everyMs = 1_000 }: OutageOptions): OutageLog {
  let outage: { since: number; failures: number; lately: boolean } | null = null
  let timer: NodeJS.Timeout | undefined

  async function look(): Promise<void> {
    const isBack = await check().then(
      () => true,
      () => false,
    )
    if (outage === null) return
    // Some connections may work while others are refused: the outage is over when nothing fails any more.
    if (isBack && !outage.lately) {
      const seconds = Math.round((performance.now() - outage.since) / 1000)
      logger.info({ seconds, failures: outage.failures }, 'the database can be used again')
      outage = null
      return
    }
    outage.lately = false
    lookLater()
  }

  function lookLater(): void {
    timer = setTimeout(() => void look(), everyMs)
    timer.unref()
  }

  return {
    report(error, what, about = {}) {
      if (!isUnavailable(error) || isTransactionConflict(error)) {
        return logger.error({ ...about, err: error }, what)
      }
      if (outage !== null) {
        outage.failures += 1
        outage.lately = true
        return
      }
      outage = { since: performance.now(), failures: 1, lately: false }
      logger.error(
        { ...about, err: error, what },
        'the database cannot be used; what fails until it can is not logged one by one',
      )
      lookLater()
    },
    [Symbol.dispose]() {
      clearTimeout(timer)
      outage = null
    },
  }
}
