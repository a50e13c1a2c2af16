import { z } from 'zod'
import { RunId, SessionId } from '../../shared/contract/ids.ts'
import { procedure, router } from '../trpc.ts'

export const runsRouter = router({
  stop: procedure
    .input(
      z.object({
        sessionId: SessionId,
        /** Only this run, and none that was started meanwhile. */
        runId: RunId.optional(),
        clearQueue: z.boolean().default(false),
      }),
    )
    .output(z.object({ stopped: z.boolean() }))
    .mutation(({ ctx: { services, user }, input }) =>
      services.runs.stop({ ...input, userId: user.id }),
    ),
})
