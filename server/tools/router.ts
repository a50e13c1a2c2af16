import { procedure, router } from '../trpc.ts'

export const toolsRouter = router({
  list: procedure.query(({ ctx: { services } }) => services.tools.list()),
})
