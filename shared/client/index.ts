export * from '../contract/register.ts'
export { connect } from './connect.ts'
export type { Client, ConnectOptions } from './connect.ts'
export type { Connection, ConnectionCause, ConnectionState } from './connection/connection.ts'
export type { Login, LoginState } from './connection/login.ts'
export {
  API_ERROR_CODES,
  CallTimeoutError,
  ClientClosedError,
  isApiError,
  isConnectionLost,
  isTimeout,
} from './errors.ts'
export type { ApiErrorCode } from './errors.ts'
export { joinTexts } from '../session/join-texts.ts'
export { partialOutput } from '../session/partial-output.ts'
export type { DeepPartial } from '../session/partial-output.ts'
export type { NewSession, OutboxEntry, OutboxFile } from './outbox/entry.ts'
export { indexedDbOutboxStorage } from './outbox/indexed-db.ts'
export { OutboxRefusal } from './outbox/outbox.ts'
export type { NewMessage, Outbox, OutboxSend } from './outbox/outbox.ts'
export { memoryOutboxStorage } from './outbox/storage.ts'
export type { OutboxNews, OutboxStorage } from './outbox/storage.ts'
export { mayUploadPass, UploadRefusedError, uploadTo } from './outbox/upload.ts'
export type { UploadFile } from './outbox/upload.ts'
export type { SessionCache } from './session/session-cache.ts'
export type { SendOptions, Session } from './session/session.ts'
export type { PendingSend, SessionError, SessionSnapshot } from './session/session-snapshot.ts'
export type { Store } from './store.ts'
export type {
  Api,
  ApiError,
  AppEvent,
  AppMessage,
  AppPart,
  AppRouter,
  AppSessionState,
  AppToolCall,
  Inputs,
  Outputs,
  SendResult,
  StopResult,
} from './app.ts'
