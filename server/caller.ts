import type { TrackedEnvelope } from '@trpc/server'
import type { SessionEvent } from '../shared/contract/events.ts'
import { appRouter } from './router.ts'
import { createCallerFactory } from './trpc.ts'
import type { AppToolCall } from './typed-calls.ts'

const createRawCaller = createCallerFactory(appRouter)
type RawCaller = ReturnType<typeof createRawCaller>
type RawSessions = RawCaller['sessions']

/**
 * All procedures as functions of this process. tRPC types a watch as a client over the network gets it; here it yields
 * what `tracked` makes, `[id, event, mark]`.
 */
export type Caller = Omit<RawCaller, 'sessions'> & {
  sessions: Omit<RawSessions, 'watch'> & {
    watch(
      ...input: Parameters<RawSessions['watch']>
    ): Promise<AsyncIterable<TrackedEnvelope<SessionEvent<AppToolCall>>>>
  }
}

/** Calls the procedures in this process; `watch` and `changes` are async iterables. */
export function createCaller(...context: Parameters<typeof createRawCaller>): Caller {
  // This is the type at run time: see `Caller`.
  return createRawCaller(...context) as unknown as Caller
}
