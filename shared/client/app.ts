import type { TRPCClient, TRPCClientError } from '@trpc/client'
import type { inferRouterInputs, inferRouterOutputs } from '@trpc/server'
import type { AppRouter } from '../../server/router.ts'
import type { SessionEvent } from '../contract/events.ts'
import type { Message, Part } from '../contract/message.ts'
import type { SessionState } from '../session/fold.ts'

export type { AppRouter }

/** Every procedure of the server, typed from its router. */
export type Api = TRPCClient<AppRouter>
export type ApiError = TRPCClientError<AppRouter>
export type Inputs = inferRouterInputs<AppRouter>
export type Outputs = inferRouterOutputs<AppRouter>

type Yielded<Iterable> = Iterable extends AsyncIterable<infer Value> ? Value : never
type Watched = Yielded<Outputs['sessions']['watch']>['data']

/** A tool call of this server: for a built-in tool, its name determines the types of its input and output. */
export type AppToolCall = Extract<Watched, { type: 'tool' }>['call']
export type AppEvent = SessionEvent<AppToolCall>
export type AppMessage = Message<AppToolCall>
export type AppPart = Part<AppToolCall>
export type AppSessionState = SessionState<AppToolCall>

export type SendResult = Outputs['messages']['send']
export type StopResult = Outputs['runs']['stop']
