import { BrokenPromise } from './broken-promise.ts'

type RunOwner = { owner: string | null; status: string }
type Runs = ReadonlyMap<string, RunOwner>

/** Who wrote an event of a run, and who owned the run before and after that write. */
export type Written = { run: string; nodeId: string; before: Runs; after: Runs }

/** The attempt that is valid: the newest that has begun, until the next begins or the run ends. */
type Attempt = {
  number: number
  /** The node that drives it, or drove it until it was released. */
  nodeId: string
  /** Requests to the model with a greater number were made by this attempt. */
  asksAfter: number
}

/**
 * Decides for each event of a run whether its writer was allowed to write it.
 *
 * Text is allowed to the node of the newest attempt, until the next attempt begins: also when the run was released
 * meanwhile (`owner` is null), for the text that a node has at that moment is committed behind the release. Everything
 * else (calls, the start, the end) is allowed to the owner only: that is written together with a look at the owner, so a
 * release ends it at once.
 */
export class Attempts {
  readonly #newest = new Map<string, Attempt>()
  readonly #ended = new Set<string>()
  readonly #newestNumber: () => number

  /** @param newestNumber the number of the newest request to a model; they rise over all nodes */
  constructor(newestNumber: () => number) {
    this.#newestNumber = newestNumber
  }

  checkOpen(run: string, type: string): void {
    if (this.#ended.has(run)) {
      throw new BrokenPromise('P9', `${type} of run ${run} after its end`)
    }
  }

  end({ run, nodeId, before }: Written): void {
    if (before.get(run)?.owner !== nodeId) {
      throw new BrokenPromise('P8', `a node that does not own run ${run} ended it`)
    }
    this.#ended.add(run)
  }

  /** @param living the nodes whose lease holds */
  start(attempt: number, { run, nodeId, before, after }: Written, living: readonly string[]): void {
    const number = (this.#newest.get(run)?.number ?? 0) + 1
    if (attempt !== number) {
      throw new BrokenPromise('P6', `attempt ${attempt} of run ${run} is its ${number}th`)
    }
    if (after.get(run)?.owner !== nodeId) {
      throw new BrokenPromise('P8', `a node began run ${run} that it does not own`)
    }
    const former = before.get(run)?.owner ?? null
    if (former !== null && former !== nodeId && living.includes(former)) {
      throw new BrokenPromise('P8', `run ${run} was taken from a living node`)
    }
    this.#newest.set(run, { number, nodeId, asksAfter: this.#newestNumber() })
  }

  chunk(text: string, { run, nodeId }: Written): void {
    const newest = this.#newest.get(run)
    if (newest?.nodeId !== nodeId) {
      throw new BrokenPromise('P8', `a node wrote ${text} to run ${run}, which another one has`)
    }
    for (const [, asking] of text.matchAll(/\[(\d+):/g)) {
      if (Number(asking) <= newest.asksAfter) {
        throw new BrokenPromise('P8', `an earlier attempt wrote ${text} to run ${run}`)
      }
    }
  }

  /** Call it after the events of a write: a run that a person woke goes on with its attempt, maybe on another node. */
  wake(before: Runs, after: Runs): void {
    for (const [run, { owner, status }] of after) {
      const newest = this.#newest.get(run)
      if (
        newest &&
        status === 'running' &&
        owner !== null &&
        before.get(run)?.status === 'waiting'
      ) {
        this.#newest.set(run, { ...newest, nodeId: owner })
      }
    }
  }
}
