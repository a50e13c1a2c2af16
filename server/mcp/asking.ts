import { AsyncLocalStorage } from 'node:async_hooks'
import { UrlElicitationRequiredError } from '@modelcontextprotocol/client'
import type { Client } from '@modelcontextprotocol/client'
import { z } from 'zod'
import type { UserId } from '../../shared/contract/ids.ts'
import { QuestionForm } from '../../shared/contract/question.ts'
import type { Asked, QuestionReply } from '../../shared/contract/question.ts'
import type { ToolContext } from '../tools/tool.ts'

/** UTF-16 units. */
const MAX_MESSAGE = 4_000
const MAX_URL = 4_000
/** UTF-16 units of JSON of one form. */
const MAX_FORM = 32_768
/** How long a call that was left may still be worked on by its server, and be asked about. Milliseconds. */
const LEFT_MS = 10 * 60_000

/** Whoever a call can ask. */
export type Askable = Pick<ToolContext, 'ask' | 'signal'> & { caller: { id: UserId } }

const Address = z
  .url({ protocol: /^https?$/ })
  .max(MAX_URL)
  .refine((url) => {
    const { username, password } = new URL(url)
    return username === '' && password === ''
  })

/**
 * Gives the questions of a server to the person for whom it carries a call out. Over streamable HTTP a question comes on
 * the stream of its call, which may outlive it: then it is for nobody. On one stream for everything it says nothing of
 * its call: it is for the person whose calls are the only ones that the server may be at, and for nobody where there
 * are several.
 */
export class Asking {
  readonly #calls = new Set<Askable>()
  /** When a call of a person was last left without an answer, by a stop or a timeout: the server may be at it still. */
  readonly #left = new Map<UserId, number>()
  /** The call on whose stream something was received. */
  readonly #current = new AsyncLocalStorage<Askable>()
  readonly #onLost: () => void

  /** @param onLost is told of a question that could be for several people */
  constructor(onLost: () => void) {
    this.#onLost = onLost
  }

  attach(client: Client): void {
    client.setRequestHandler('elicitation/create', async ({ params }, { mcpReq }) => {
      const asked =
        params.mode === 'url'
          ? toAsked({ mode: 'url', message: params.message, url: params.url })
          : toAsked({ mode: 'form', message: params.message, form: params.requestedSchema })
      const call = this.#callOf()
      if (!asked || !call?.ask) return { action: 'cancel' }
      const reply = await call.ask(asked, AbortSignal.any([mcpReq.signal, call.signal]))
      return toResult(reply)
    })
  }

  /** Carries a call out that may ask. */
  async during<T>(call: Askable, work: () => Promise<T>): Promise<T> {
    this.#calls.add(call)
    try {
      return await this.#current.run(call, work)
    } finally {
      this.#calls.delete(call)
      if (call.signal.aborted) this.#left.set(call.caller.id, Date.now())
    }
  }

  /**
   * A server may refuse a call until the person has been to a page of its: they are asked, and the call made once more.
   *
   * @returns true when the person has been to all of them
   */
  async isSent(error: unknown, { ask, signal }: Askable): Promise<boolean> {
    if (!(error instanceof UrlElicitationRequiredError) || !ask) return false
    for (const { message, url } of error.elicitations) {
      const asked = toAsked({ mode: 'url', message, url })
      if (!asked || (await ask(asked, signal)).action !== 'accept') return false
    }
    return error.elicitations.length > 0
  }

  #callOf(): Askable | null {
    const own = this.#current.getStore()
    if (own) return this.#calls.has(own) ? own : null
    const newest = [...this.#calls].at(-1)
    if (!newest) return null
    for (const [userId, at] of this.#left) {
      if (Date.now() - at > LEFT_MS) this.#left.delete(userId)
    }
    const people = new Set(this.#left.keys())
    for (const { caller } of this.#calls) people.add(caller.id)
    if (people.size > 1) {
      this.#onLost()
      return null
    }
    return newest
  }
}

function toAsked(asked: {
  mode: 'form' | 'url'
  message: string
  form?: unknown
  url?: string
}): Asked | null {
  const message = clip(asked.message)
  if (asked.mode === 'url') {
    const { data: url } = Address.safeParse(asked.url)
    return url === undefined ? null : { mode: 'url', message, url }
  }
  const { data: form } = QuestionForm.safeParse(asked.form)
  const isShort = form !== undefined && JSON.stringify(form).length <= MAX_FORM
  return isShort ? { mode: 'form', message, form: storable(form) } : null
}

function toResult({ action, content }: QuestionReply) {
  return action === 'accept' && content ? { action, content } : { action }
}

/** Postgres stores neither U+0000 nor half a character. */
function storable<T>(value: T): T {
  return JSON.parse(
    JSON.stringify(value, (_, one: unknown) => (typeof one === 'string' ? clean(one) : one)),
  )
}

function clip(text: string): string {
  return clean(text.length > MAX_MESSAGE ? `${text.slice(0, MAX_MESSAGE)}…` : text)
}

function clean(text: string): string {
  return text.replaceAll('\0', '\u{FFFD}').toWellFormed()
}
