import { ProtocolError } from '@modelcontextprotocol/client'
import type { ToolContext } from '../../tools/tool.ts'

type Watched = {
  /** Asks the server for a sign of life. */
  ping(): Promise<unknown>
  /** It runs elsewhere, and answers while it carries tasks out. */
  isElsewhere: boolean
  /** It gave none, by what that failed with. */
  onSilence(error: unknown): void
}

/** Watches whether the server of a connection still responds, and which calls it is carrying out. */
export class Liveness {
  readonly #watched: Watched
  #calls = 0
  /** The calls among them that can be tasks. */
  readonly #tasks = new Set<ToolContext>()
  #isChecking = false

  constructor(watched: Watched) {
    this.#watched = watched
  }

  get isBusy(): boolean {
    return this.#calls > 0
  }

  /**
   * Says that the server is at a call, until that is disposed.
   *
   * @param task the context of a call that can be a task
   */
  busy(task: ToolContext | null = null): Disposable {
    this.#calls += 1
    if (task) this.#tasks.add(task)
    return {
      [Symbol.dispose]: () => {
        this.#calls -= 1
        if (task) this.#tasks.delete(task)
      },
    }
  }

  /**
   * Pings the server, unless a call is running: then it may be too busy to answer. A server elsewhere answers while it
   * carries tasks out, and one that went silent in the middle of an answer is found by this alone.
   */
  async ping(): Promise<void> {
    const waiting = this.#watched.isElsewhere
      ? [...this.#tasks].filter(({ task }) => task?.known)
      : []
    if (this.#calls === waiting.length) await this.#check()
  }

  /** Over HTTP, a dead server causes only single errors, so each error triggers a ping. */
  noticeError(): void {
    if (!this.#watched.isElsewhere || this.#isChecking) return
    this.#isChecking = true
    void this.#check().finally(() => (this.#isChecking = false))
  }

  async #check(): Promise<void> {
    try {
      await this.#watched.ping()
    } catch (error) {
      // A protocol error is an answer too: the server is alive.
      if (!(error instanceof ProtocolError)) this.#watched.onSilence(error)
    }
  }
}
