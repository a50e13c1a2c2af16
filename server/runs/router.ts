import { runs } from '../../shared/contract/api/messages.ts'
import { mutation, router } from '../trpc.ts'

export const runsRouter = router({
  stop: mutation(runs.stop, ({ services, user }, input) =>
    services.runs.stop({ ...input, userId: user.id }),
  ),
})
