import { z } from 'zod'
import { SessionId } from './ids.ts'
import { Message } from './message.ts'
import { Timestamp } from './session.ts'

export const ShareId = z.uuid().toLowerCase().brand<'ShareId'>()
export type ShareId = z.infer<typeof ShareId>

/** The secret that gives access to the snapshot: 256 random bits, base64url. */
export const ShareToken = z.string().regex(/^[\w-]{43}$/, 'This is no token of a share.')

/** A share as its owner sees it. */
export const Share = z.object({
  id: ShareId,
  token: ShareToken,
  sessionId: SessionId,
  title: z.string().nullable(),
  createdAt: Timestamp,
})
export type Share = z.infer<typeof Share>

/**
 * A share as seen by holders of the token: the active branch at the time of sharing. Its ids exist only in the
 * snapshot.
 */
export const SharedSnapshot = z.object({
  title: z.string().nullable(),
  createdAt: Timestamp,
  messages: z.array(Message),
})
export type SharedSnapshot = z.infer<typeof SharedSnapshot>
