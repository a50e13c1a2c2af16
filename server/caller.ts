import { appRouter } from './router.ts'
import { createCallerFactory } from './trpc.ts'

/** Calls the procedures in this process; `watch` and `changes` are async iterables. */
export const createCaller = createCallerFactory(appRouter)

export type Caller = ReturnType<typeof createCaller>
