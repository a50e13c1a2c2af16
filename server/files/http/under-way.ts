import type { UserId } from '../../../shared/contract/ids.ts'
import { TooManyRequestsError } from '../../api-error.ts'

/** Seconds. */
const ASK_AGAIN = 10

/**
 * Limits the bodies that are received at the same time: their bytes are on the disk, and do not count for a person yet.
 */
export class UnderWay {
  readonly #perPerson: number
  readonly #most: number
  readonly #count = new Map<UserId, number>()
  #all = 0

  constructor({ perPerson, most }: { perPerson: number; most: number }) {
    this.#perPerson = perPerson
    this.#most = most
  }

  /**
   * Begins to receive a body; disposing the result ends it.
   *
   * @throws TOO_MANY_REQUESTS when this person, or everybody together, is at the limit
   */
  enter(userId: UserId): Disposable {
    const own = this.#count.get(userId) ?? 0
    if (own >= this.#perPerson || this.#all >= this.#most) {
      const whose = own >= this.#perPerson ? 'You have' : 'This server has'
      throw new TooManyRequestsError(
        `${whose} as many uploads under way as may be. Try again when one is done.`,
        ASK_AGAIN,
      )
    }
    this.#count.set(userId, own + 1)
    this.#all += 1
    return {
      [Symbol.dispose]: () => {
        const left = (this.#count.get(userId) ?? 1) - 1
        if (left > 0) this.#count.set(userId, left)
        else this.#count.delete(userId)
        this.#all -= 1
      },
    }
  }
}
