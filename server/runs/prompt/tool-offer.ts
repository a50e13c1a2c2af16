import type { Run } from '../../../db/queries/runs/runs.ts'
import type { ModelStep } from '../../model/port.ts'
import { MAX_OFFERED } from '../../tools/registry.ts'
import type { RunDeps } from '../deps.ts'
import type { RunRecorder } from '../recording/recorder.ts'

/**
 * Chooses the tools that the model is offered at each step of one drive. Tools may come and go within a run, with two
 * exceptions. Right after a start it waits for the servers that offer tools. And the first step of an attempt that
 * takes a run up is offered what the run was offered before, so that a step that is done again is the same step (P6).
 */
export class Offer {
  readonly #run: Run
  readonly #tools: RunDeps['tools']
  readonly #recorder: RunRecorder
  readonly #systemPrompt: string
  readonly #off: readonly string[]
  #before: string[] | null
  #isFirst = true

  /** @param off names of tools that the session has switched off */
  constructor(
    run: Run,
    { tools }: Pick<RunDeps, 'tools'>,
    recorder: RunRecorder,
    systemPrompt: string,
    off: readonly string[],
  ) {
    this.#run = run
    this.#tools = tools
    this.#recorder = recorder
    this.#systemPrompt = systemPrompt
    this.#off = off
    this.#before = run.offered
  }

  async next(signal: AbortSignal): Promise<Pick<ModelStep, 'tools' | 'systemPrompt'>> {
    const isFirst = this.#isFirst
    this.#isFirst = false
    const away = isFirst ? await this.#wait(signal) : []
    const own = this.#run.options?.clientTools ?? []
    const names = new Set(own.map(({ name }) => name))
    // A client's tool with the name of a server's tool is refused. If the server's tool came later, it is left out.
    const offered = this.#tools
      .offered(this.#run.userId)
      .filter(({ name }) => !names.has(name) && !this.#off.includes(name))
      .slice(0, MAX_OFFERED - own.length)
    const before = this.#before
    const isAgain = isFirst && this.#run.attempt > 1 && before !== null
    const same = isAgain ? offered.filter(({ name }) => before.includes(name)) : offered
    await this.#record(same.map(({ name }) => name))
    return {
      tools: [...own, ...same].map(({ name, description, inputSchema }) => ({
        ...{ name, description, inputSchema },
      })),
      systemPrompt: [this.#systemPrompt, ...(away.length > 0 ? [noteOf(away)] : [])].join('\n\n'),
    }
  }

  /** @returns the reasons why expected tools are not available */
  async #wait(signal: AbortSignal): Promise<string[]> {
    await this.#tools.prepare(this.#run.userId, signal)
    await this.#tools.untilSettled(signal)
    const gone = await this.#tools.untilBack(this.#before ?? [], signal)
    return [...new Set([...this.#tools.unsettled().reasons, ...gone])]
  }

  async #record(names: string[]): Promise<void> {
    if (names.join() === this.#before?.join()) return
    this.#before = names
    await this.#recorder.offered(names)
  }
}

/** A note in the system prompt: the model mentions missing tools only when a question needs them. */
function noteOf(reasons: readonly string[]): string {
  return `Some tools are not available at the moment. ${reasons.join(' ')} If the person asks for what they do, say so.`
}
