import { DatabaseBusyError } from '../../../db/engine/database-errors.ts'
import type { SessionId } from '../../../shared/contract/ids.ts'

/** The purpose of a transaction on a log: an answer under way, or a new command. */
export type Urgency = 'answer' | 'command'

export type AdmissionOptions = {
  /** The most transactions at the same time. */
  atOnce: number
  /** A command that waits longer is rejected, and the client may retry it. Milliseconds. */
  longestWait: number
}

type Waiting = { sessionId: SessionId; admit: () => void }

/**
 * Limits the transactions on logs to the number of connections, so that none holds a lock while it waits for a
 * connection. Running answers go first, then commands in the order of their arrival. A session has one transaction at a
 * time, so that one with many commands takes only its turn, and commands never take the last connection. A command that
 * waits too long fails, and has changed nothing.
 */
export class Admission {
  readonly #options: AdmissionOptions
  readonly #answers: Waiting[] = []
  readonly #commands: Waiting[] = []
  readonly #commanding = new Set<SessionId>()
  /** Sessions with a transaction of a running answer: a second one would only wait for the same log. */
  readonly #answering = new Set<SessionId>()
  /** Connections that commands leave free, so that answers go on while commands are slow. */
  readonly #reserved: number
  #free: number

  constructor(options: AdmissionOptions) {
    this.#options = options
    this.#reserved = options.atOnce > 1 ? 1 : 0
    this.#free = options.atOnce
  }

  /** The number of waiting transactions of both kinds. */
  get waiting(): number {
    return this.#answers.length + this.#commands.length
  }

  /** @throws {DatabaseBusyError} when a command waited too long */
  async run<T>(urgency: Urgency, sessionId: SessionId, work: () => Promise<T>): Promise<T> {
    await (urgency === 'answer' ? this.#enterAnswer(sessionId) : this.#enterCommand(sessionId))
    try {
      return await work()
    } finally {
      this.#free += 1
      const underWay = urgency === 'command' ? this.#commanding : this.#answering
      underWay.delete(sessionId)
      this.#admitNext()
    }
  }

  #enterAnswer(sessionId: SessionId): Promise<void> | undefined {
    if (this.#free > 0 && !this.#answering.has(sessionId)) {
      this.#beginAnswer(sessionId)
      return undefined
    }
    return new Promise((resolve) => this.#answers.push({ sessionId, admit: resolve }))
  }

  #enterCommand(sessionId: SessionId): Promise<void> | undefined {
    if (this.#free > this.#reserved && !this.#commanding.has(sessionId)) {
      this.#begin(sessionId)
      return undefined
    }
    return new Promise((resolve, reject) => {
      const waiting: Waiting = {
        sessionId,
        admit: () => {
          clearTimeout(timer)
          resolve()
        },
      }
      const timer = setTimeout(() => {
        this.#commands.splice(this.#commands.indexOf(waiting), 1)
        reject(new DatabaseBusyError())
      }, this.#options.longestWait)
      this.#commands.push(waiting)
    })
  }

  #beginAnswer(sessionId: SessionId): void {
    this.#free -= 1
    this.#answering.add(sessionId)
  }

  #begin(sessionId: SessionId): void {
    this.#free -= 1
    this.#commanding.add(sessionId)
  }

  #admitNext(): void {
    while (this.#free > 0) {
      const answer = takeFirst(this.#answers, this.#answering)
      if (answer) {
        this.#beginAnswer(answer.sessionId)
        answer.admit()
        continue
      }
      if (this.#free <= this.#reserved) {
        return
      }
      const command = takeFirst(this.#commands, this.#commanding)
      if (!command) {
        return
      }
      this.#begin(command.sessionId)
      command.admit()
    }
  }
}

/** Removes and returns the first one whose session has no transaction. */
function takeFirst(waiting: Waiting[], underWay: ReadonlySet<SessionId>): Waiting | undefined {
  const at = waiting.findIndex(({ sessionId }) => !underWay.has(sessionId))
  return at === -1 ? undefined : waiting.splice(at, 1)[0]
}
