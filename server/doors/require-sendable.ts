import { TRPCError } from '@trpc/server'
import type { InputOf } from '../../shared/contract/api/declare.ts'
import { messages } from '../../shared/contract/api/messages.ts'

/**
 * Checks a message by its shape, so that no session is made for one that cannot be sent.
 *
 * @throws as `messages.send` would
 */
export function requireSendable(message: InputOf<typeof messages.send>): void {
  const { error } = messages.send.input.safeParse(message)
  if (error) throw new TRPCError({ code: 'BAD_REQUEST', message: error.message, cause: error })
}
