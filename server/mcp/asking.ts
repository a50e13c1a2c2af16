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
 * the stream of its call. On one stream for everything it says nothing of its call: it is for the person whose calls
 * are the only ones under way, and for nobody where there are several.
 */
export class Asking {
  readonly #calls = new Set<Askable>()
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
    if (own && this.#calls.has(own)) return own
    const [call, ...others] = this.#calls
    if (!call) return null
    if (others.some(({ caller }) => caller.id !== call.caller.id)) {
      this.#onLost()
      return null
    }
    return [...this.#calls].at(-1) ?? null
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
