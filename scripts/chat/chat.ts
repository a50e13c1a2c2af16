import type { AppToolCall, Client, Session, SessionSnapshot } from '../../shared/client/index.ts'
import { newId } from '../../shared/contract/index.ts'
import type { Command } from './command.ts'
import { HELP } from './command.ts'
import type { Screen } from './screen.ts'
import { Transcript } from './transcript.ts'

/** The state of one user's chat: which session is open, and the execution of input lines. */
export class Chat {
  readonly #client: Client
  readonly #screen: Screen
  readonly #onError: (error: unknown) => void
  #open: { session: Session; transcript: Transcript; leave: () => void } | null = null
  /** The session ids that `/open N` refers to. */
  #listed: readonly string[] = []

  /** @param onError receives refusals by the server that arrive after the line was processed */
  constructor(client: Client, screen: Screen, onError: (error: unknown) => void) {
    this.#onError = onError
    this.#client = client
    this.#screen = screen
  }

  /** Returns true when an answer is on its way that does not wait for a person. */
  get isAnswering(): boolean {
    const { state, pending = [] } = this.#snapshot ?? {}
    if (pending.some(({ status }) => status === 'sending')) return true
    const last = state?.messages.at(-1)
    if (last && this.#open?.transcript.wasTyped(last.id)) return true
    return this.isRunning && this.#waiting.length === 0
  }

  /** Resolves when nothing more comes without user input. */
  async untilAnswered(): Promise<void> {
    while (this.isAnswering) {
      await new Promise<void>((resolve) => {
        const leave = this.#open?.session.store.subscribe(() => {
          leave?.()
          resolve()
        })
      })
    }
  }

  get isRunning(): boolean {
    return this.#snapshot?.state?.session.running ?? false
  }

  /** Executes a parsed line. */
  async do(command: Exclude<Command, { type: 'quit' }>): Promise<void> {
    switch (command.type) {
      case 'say':
        await this.#say(command.text)
        return
      case 'list':
        await this.#list()
        return
      case 'open':
        this.#openListed(command.which)
        return
      case 'new':
        this.close()
        this.#screen.line('A new conversation. Say something.')
        return
      case 'approve':
        await this.#decide('approve', '')
        return
      case 'deny':
        await this.#decide('deny', command.reason)
        return
      case 'stop':
        await this.stop()
        return
      case 'help':
        this.#screen.line(HELP)
        return
      case 'unknown':
        this.#screen.line(`There is no /${command.name}; /help lists what there is.`)
        return
      case 'nothing':
        return
    }
  }

  async stop(): Promise<void> {
    const { stopped } = (await this.#open?.session.stop()) ?? { stopped: false }
    if (!stopped) this.#screen.line('Nothing is being answered.')
  }

  open(id: string): void {
    this.close()
    const session = this.#client.session(id)
    const transcript = new Transcript(this.#screen)
    let failed: string | null = null
    const look = (): void => {
      const { state, error } = session.store.getSnapshot()
      if (state) transcript.show(state)
      if (error && error.message !== failed) this.#screen.line(`! ${error.message}`)
      failed = error?.message ?? null
      if (!this.isAnswering) this.#screen.prompt()
    }
    this.#open = { session, transcript, leave: session.store.subscribe(look) }
    look()
  }

  close(): void {
    this.#open?.leave()
    this.#open = null
  }

  get #snapshot(): SessionSnapshot | undefined {
    return this.#open?.session.store.getSnapshot()
  }

  /** The calls that wait for the person's approval. */
  get #waiting(): AppToolCall[] {
    const parts = this.#snapshot?.state?.messages.flatMap((message) => message.parts) ?? []
    const calls = parts.flatMap((part) => (part.type === 'tool' ? [part.call] : []))
    return calls.filter(({ status }) => status === 'awaiting-approval')
  }

  async #say(text: string): Promise<void> {
    if (this.#open === null) {
      const { id } = await this.#client.api.sessions.create.mutate({ id: newId() })
      this.open(id)
    }
    const id = newId()
    this.#open?.transcript.typed(id)
    // Not awaited: without a connection it would block the next lines.
    this.#open?.session.send(text, { id }).catch(this.#onError)
  }

  async #list(): Promise<void> {
    const { items } = await this.#client.api.sessions.list.query({ limit: 20 })
    this.#listed = items.map(({ id }) => id)
    if (items.length === 0) this.#screen.line('There are no conversations yet.')
    for (const [index, { id, title, updatedAt, running }] of items.entries()) {
      const mark = id === this.#open?.session.id ? '*' : ' '
      const when = new Date(updatedAt).toLocaleString()
      const name = title ?? 'Untitled'
      const now = running ? ', answering' : ''
      this.#screen.line(`${mark}${String(index + 1).padStart(3)}  ${name}  (${when}${now})`)
    }
  }

  #openListed(which: string): void {
    const id = /^\d+$/.test(which) ? this.#listed[Number(which) - 1] : which
    if (!id) this.#screen.line('Which one? /list shows their numbers.')
    else this.open(id)
  }

  async #decide(decision: 'approve' | 'deny', reason: string): Promise<void> {
    const [call, ...others] = this.#waiting
    if (!call) return this.#screen.line('Nothing waits for you.')
    const { api } = this.#client
    await api.tools.decide.mutate({ callId: call.id, decision, ...(reason && { reason }) })
    if (others.length > 0) {
      this.#screen.line(`${others.length} more: ${others[0]?.name} waits for you.`)
    }
  }
}
