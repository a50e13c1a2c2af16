import type { TRPCLink } from '@trpc/client'
import { observable } from '@trpc/server/observable'
import type { Unsubscribable } from '@trpc/server/observable'
import type { AppRouter } from '../app.ts'
import { isApiError } from '../errors.ts'
import { Listeners } from '../store.ts'
import type { Store } from '../store.ts'

/** `unknown` until the server has answered a request that needs a login. */
export type LoginState = 'unknown' | 'signed-in' | 'signed-out'

export type Login = Store<LoginState> & {
  /**
   * Call it when somebody has signed in: it connects again with the new cookie or token, and sends the waiting
   * requests. The caller has made sure that it is the same person as before.
   */
  renew(): void
}

/** Tracks whether the server knows the caller, by its answers. */
export class LoginWatch implements Login {
  readonly #listeners = new Listeners()
  readonly #reconnect: () => void
  #state: LoginState = 'unknown'

  constructor(reconnect: () => void) {
    this.#reconnect = reconnect
  }

  readonly subscribe = this.#listeners.add

  readonly getSnapshot = (): LoginState => this.#state

  readonly renew = (): void => {
    if (this.#state !== 'signed-out') return
    this.#reconnect()
    this.#become('unknown')
  }

  answered(): void {
    // A request from before the end of the login may be answered after it.
    if (this.#state === 'unknown') this.#become('signed-in')
  }

  ended(): void {
    this.#become('signed-out')
  }

  #become(state: LoginState): void {
    if (this.#state === state) return
    this.#state = state
    this.#listeners.notify()
  }
}

/** Procedures that need no login. */
const PUBLIC = new Set(['auth.options', 'shares.get'])

/**
 * Notices when the server does not know the caller any more. With `waits`, such a request is repeated when somebody has
 * signed in; that is safe for every request, because it was refused before anything was done.
 */
export function watchLogin(login: LoginWatch, waits: boolean): TRPCLink<AppRouter> {
  return () =>
    ({ op, next }) =>
      observable((observer) => {
        let request: Unsubscribable | null = null
        let endWaiting = (): void => {}
        let lastEventId: string | null = null
        ask()

        function ask(): void {
          const asked = lastEventId === null ? op : { ...op, input: from(op.input, lastEventId) }
          request = next(asked).subscribe({
            next(value) {
              const { result } = value
              if ('id' in result && typeof result.id === 'string') lastEventId = result.id
              // The `started` message of a subscription is sent before the login is checked.
              const isAnswer = result.type === undefined || result.type === 'data'
              if (isAnswer && !PUBLIC.has(op.path)) login.answered()
              observer.next(value)
            },
            error(error) {
              if (!isApiError(error, 'UNAUTHORIZED')) return observer.error(error)
              login.ended()
              if (!waits) return observer.error(error)
              wait()
            },
            complete: () => observer.complete(),
          })
        }

        function wait(): void {
          const leave = login.subscribe(() => {
            if (login.getSnapshot() === 'signed-out') return
            endWaiting()
            ask()
          })
          const onAbort = (): void => {
            endWaiting()
            observer.complete()
          }
          op.signal?.addEventListener('abort', onAbort, { once: true })
          endWaiting = () => {
            leave()
            op.signal?.removeEventListener('abort', onAbort)
          }
        }

        return () => {
          endWaiting()
          request?.unsubscribe()
        }
      })
}

/** The input with which a subscription resumes after the last event that was received. */
function from(input: unknown, lastEventId: string): unknown {
  return typeof input === 'object' && input !== null ? { ...input, lastEventId } : input
}
