import { lockLimitsOf } from '../../../db/queries/limits/run-slots.ts'
import { deleteSubscription, saveSubscription } from '../../../db/queries/push.ts'
import { push } from '../../../shared/contract/api/belongings.ts'
import { free } from '../command.ts'

export const subscribeDevice = free(
  push.subscribe,
  async ({ database: { db }, user, login, now, newId }, { endpoint, keys }) => {
    const isLogin = login.kind === 'login' || login.kind === 'guest'
    await db.transaction().execute(async (transaction) => {
      await lockLimitsOf(transaction, user.id)
      await saveSubscription(transaction, {
        ...{ id: newId(), userId: user.id, loginId: isLogin ? login.id : null },
        ...{ endpoint, ...keys, now: now() },
      })
    })
    return { result: { endpoint }, effects: [{ type: 'devices-changed' }] }
  },
)

export const unsubscribeDevice = free(
  push.unsubscribe,
  async ({ database: { db }, user }, { endpoint }) => {
    await deleteSubscription(db, user.id, endpoint)
    return { result: { endpoint }, effects: [] }
  },
)
