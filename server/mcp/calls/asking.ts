import { AsyncLocalStorage } from 'node:async_hooks'
import { UrlElicitationRequiredError } from '@modelcontextprotocol/client'
import type { Client } from '@modelcontextprotocol/client'
import { z } from 'zod'
import type { UserId } from '../../../shared/contract/ids.ts'
import { QuestionForm } from '../../../shared/contract/question.ts'
import type { Asked, QuestionReply } from '../../../shared/contract/question.ts'
import type { ToolContext } from '../../tools/tool.ts'
import { cleanText } from '../protocol/clean-text.ts'

/** UTF-16 units. */
const MAX_MESSAGE = 4_000
const MAX_URL = 4_000
/** UTF-16 units of JSON of one form. */
const MAX_FORM = 32_768
/** For this long a server may still ask about a call whose caller stopped waiting. Milliseconds. */
const LEFT_MS = 10 * 60_000

/** The person whom a call can ask. */
export type Askable = Pick<ToolContext, 'ask' | 'signal'> & { caller: { id: UserId } }

const Address = z
  .url({ protocol: /^https?$/ })
  .max(MAX_URL)
  .refine((url) => {
    const { username, password } = new URL(url)
    return username === '' && password === ''
  })

/**
 * Forwards the questions of a server to the person for whom it carries out a call. Over streamable HTTP a question
 * comes on the stream of its call; when it comes after the call's end, it is nobody's. On a single stream a question
 * does not name its call: it goes to the person whose calls are the only open ones, and to nobody when several people
 * have open calls.
 */
export class Asking {
  readonly #calls = new Set<Askable>()
  /** The time of each person's last call that was left by a stop or timeout: the server may still work on it. */
  readonly #left = new Map<UserId, number>()
  /** The call on whose stream something was received. */
  readonly #current = new AsyncLocalStorage<Askable>()
  readonly #onLost: () => void

  /** @param onLost called for a question that could be for several people */
  constructor(onLost: () => void) {
    this.#onLost = onLost
  }

  attach(client: Client): void {
    client.setRequestHandler('elicitation/create', async ({ params }, { mcpReq }) => {
      const asked = askedBy(params)
      // In the revision of 2026-07-28 the questions of a call are its result, so this one belongs to no call.
      const call = client.getProtocolEra() === 'modern' ? null : this.#callOf()
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
      this.#forgetLeft()
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

  /**
   * Asks a person what an unfinished call's result requests (protocol revision 2026-07-28), and returns the replies.
   *
   * @throws when the server wants something that it was not offered
   */
  async fulfil(
    requests: Record<string, unknown>,
    { ask, signal }: Askable,
  ): Promise<Record<string, unknown>> {
    const replies = Object.entries(requests).map(async ([key, request]) => {
      const { data } = InputRequest.safeParse(request)
      if (!data) throw new Error('It asks for what it was not offered.')
      const asked = askedBy(data.params)
      if (!asked || !ask) return [key, { action: 'cancel' }] as const
      return [key, toResult(await ask(asked, signal))] as const
    })
    return Object.fromEntries(await Promise.all(replies))
  }

  #forgetLeft(): void {
    for (const [userId, at] of this.#left) {
      if (Date.now() - at > LEFT_MS) this.#left.delete(userId)
    }
  }

  #callOf(): Askable | null {
    const own = this.#current.getStore()
    if (own) return this.#calls.has(own) ? own : null
    const newest = [...this.#calls].at(-1)
    if (!newest) return null
    this.#forgetLeft()
    const people = new Set(this.#left.keys())
    for (const { caller } of this.#calls) people.add(caller.id)
    if (people.size > 1) {
      this.#onLost()
      return null
    }
    return newest
  }
}

const InputRequest = z.object({
  method: z.literal('elicitation/create'),
  params: z.looseObject({
    mode: z.string().optional(),
    message: z.string(),
    url: z.string().optional(),
    requestedSchema: z.unknown().optional(),
  }),
})

function askedBy(params: {
  mode?: string | undefined
  message: string
  url?: unknown
  requestedSchema?: unknown
}): Asked | null {
  const { mode, message, url, requestedSchema: form } = params
  return mode === 'url' ? toAsked({ mode, message, url }) : toAsked({ mode: 'form', message, form })
}

function toAsked(asked: {
  mode: 'form' | 'url'
  message: string
  form?: unknown
  url?: unknown
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
    JSON.stringify(value, (_, one: unknown) => (typeof one === 'string' ? cleanText(one) : one)),
  )
}

function clip(text: string): string {
  return cleanText(text.length > MAX_MESSAGE ? `${text.slice(0, MAX_MESSAGE)}…` : text)
}
