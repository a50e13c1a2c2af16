import { z } from 'zod'

/**
 * Every id is a UUID. The brand prevents passing a message id where a session id is expected. Some platforms write
 * UUIDs in upper case; the database treats both as equal, and lower case makes them equal as keys too.
 */
export const SessionId = z.uuid().toLowerCase().brand<'SessionId'>()
export const MessageId = z.uuid().toLowerCase().brand<'MessageId'>()
export const RunId = z.uuid().toLowerCase().brand<'RunId'>()
export const CallId = z.uuid().toLowerCase().brand<'CallId'>()
export const UserId = z.uuid().toLowerCase().brand<'UserId'>()
export const FileId = z.uuid().toLowerCase().brand<'FileId'>()
export const KeyId = z.uuid().toLowerCase().brand<'KeyId'>()
export const PresetId = z.uuid().toLowerCase().brand<'PresetId'>()
export const ProjectId = z.uuid().toLowerCase().brand<'ProjectId'>()

export type SessionId = z.infer<typeof SessionId>
export type MessageId = z.infer<typeof MessageId>
export type RunId = z.infer<typeof RunId>
export type CallId = z.infer<typeof CallId>
export type UserId = z.infer<typeof UserId>
export type FileId = z.infer<typeof FileId>
export type KeyId = z.infer<typeof KeyId>
export type PresetId = z.infer<typeof PresetId>
export type ProjectId = z.infer<typeof ProjectId>
