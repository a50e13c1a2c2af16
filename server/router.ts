import { me } from './auth/router.ts'
import { messagesRouter } from './messages/router.ts'
import { modelsRouter } from './model/router.ts'
import { runsRouter } from './runs/router.ts'
import { sessionsRouter } from './sessions/router.ts'
import { sharesRouter } from './shares/router.ts'
import { toolsRouter } from './tools/router.ts'
import { router } from './trpc.ts'
import { usageRouter } from './usage/router.ts'

/** Every procedure of the server; CONTRACT section 3 says what each takes and gives. */
export const appRouter = router({
  me,
  sessions: sessionsRouter,
  messages: messagesRouter,
  runs: runsRouter,
  shares: sharesRouter,
  tools: toolsRouter,
  models: modelsRouter,
  usage: usageRouter,
})

export type AppRouter = typeof appRouter
