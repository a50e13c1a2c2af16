import { isDeepStrictEqual } from 'node:util'
import {
  findCall,
  othersAsk,
  questionsOfCall,
  setQuestions,
} from '../../../db/queries/messages/tool-calls.ts'
import { tools } from '../../../shared/contract/api/tools.ts'
import { openQuestion } from '../../../shared/contract/open-question.ts'
import { problemsIn } from '../../../shared/contract/question-form.ts'
import type { QuestionReply } from '../../../shared/contract/question.ts'
import { CommandError, notFound } from '../../api-error.ts'
import { typedCall } from '../../typed-calls.ts'
import { inSession } from '../command.ts'
import { refuseStopped, sessionOfCall } from './settle-call.ts'

/** Records a person's reply to a question of an MCP server, once; the node that carries the call out passes it on. */
export const replyToCall = inSession(tools.reply, {
  session: sessionOfCall,
  urgency: 'answer',
  run: async (transaction, { callId, questionId, action, content }) => {
    const { db, userId, tools: known } = transaction
    const stored = await findCall(db, userId, callId)
    const questions = stored ? await questionsOfCall(db, callId, { lock: true }) : []
    const question = questions.find(({ id }) => id === questionId)
    if (!stored || !question) {
      throw notFound(stored ? 'question' : 'call')
    }
    const reply: QuestionReply = {
      action,
      ...(action === 'accept' && question.mode === 'form' && { content: content ?? {} }),
    }
    if (question.reply) {
      if (isDeepStrictEqual(question.reply, reply)) {
        return { result: typedCall({ ...stored.call, questions }, known), effects: [] }
      }
      throw new CommandError('CONFLICT', 'This question is not open any more.')
    }
    await refuseStopped(transaction, stored)
    if (question.mode === 'form' && reply.content) {
      const [wrong] = Object.entries(problemsIn(question.form, reply.content))
      if (wrong) {
        throw new CommandError('BAD_REQUEST', `${wrong[0].slice(0, 100)}: ${wrong[1]}`)
      }
    }
    const call = {
      ...stored.call,
      questions: questions.map((one) => (one === question ? { ...one, reply } : one)),
    }
    await setQuestions(db, callId, call.questions)
    const isOpen = openQuestion(call) !== undefined
    transaction.addCall({ ...stored, call }, isOpen || (await othersAsk(db, stored)))
    return { result: typedCall(call, known), effects: [{ type: 'replied', callId }] }
  },
})
