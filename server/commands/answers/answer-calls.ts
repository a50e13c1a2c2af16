import { findDecision } from '../../../db/queries/audit-log.ts'
import { findCall } from '../../../db/queries/messages/tool-calls.ts'
import type { NewCall } from '../../../db/queries/messages/call-rows.ts'
import { tools } from '../../../shared/contract/api/tools.ts'
import type { ToolCall } from '../../../shared/contract/tool.ts'
import { CommandError, notFound } from '../../api-error.ts'
import { typedCall } from '../../typed-calls.ts'
import { recordOutput } from './answer-call.ts'
import { inSession } from '../command.ts'
import type { Effect } from '../command.ts'
import { recordDecision, sessionOfCall } from './settle-call.ts'

/** Records the outputs of several calls of one run, all or none, and wakes the run once. */
export const answerCalls = inSession(tools.answerAll, {
  session: (db, user, { answers }) => {
    const [first] = answers
    if (!first) throw notFound('call')
    return sessionOfCall(db, user, first)
  },
  urgency: 'answer',
  run: async (transaction, { answers }) => {
    const { db, userId, tools: known } = transaction
    const calls: ToolCall[] = []
    const effects: Effect[] = []
    let run: NewCall | null = null
    let isWoken = false
    for (const one of answers) {
      const stored = await findCall(db, userId, one.callId)
      if (!stored) throw notFound('call')
      run ??= stored
      if (stored.runId !== run.runId) {
        throw new CommandError('BAD_REQUEST', 'All calls must be of one answer.')
      }
      if (!('decision' in one)) {
        const call = await recordOutput(transaction, stored, one.output, one.error)
        isWoken ||= call !== stored.call
        calls.push(call)
      } else if (stored.call.status === 'awaiting-approval') {
        const { decision, reason } = one
        const decided = await recordDecision(transaction, stored, decision, reason)
        effects.push(...decided.effects)
        isWoken ||= !stored.owner
        calls.push(decided.call)
      } else if ((await findDecision(db, stored.call.id)) === one.decision) {
        calls.push(stored.call)
      } else {
        throw new CommandError(
          'CONFLICT',
          'This call does not wait for a decision, or something else was decided.',
        )
      }
    }
    if (run && isWoken) {
      effects.push(...(await transaction.wake({ id: run.runId, messageId: run.messageId })))
    }
    return { result: calls.map((call) => typedCall(call, known)), effects }
  },
})
