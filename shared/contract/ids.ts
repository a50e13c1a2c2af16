import { z } from 'zod'

/** Every id is a UUID. The brand keeps a message id from being passed where a session id is meant. */
export const SessionId = z.uuid().brand<'SessionId'>()
export const MessageId = z.uuid().brand<'MessageId'>()
export const RunId = z.uuid().brand<'RunId'>()
export const CallId = z.uuid().brand<'CallId'>()
export const UserId = z.uuid().brand<'UserId'>()

export type SessionId = z.infer<typeof SessionId>
export type MessageId = z.infer<typeof MessageId>
export type RunId = z.infer<typeof RunId>
export type CallId = z.infer<typeof CallId>
export type UserId = z.infer<typeof UserId>
