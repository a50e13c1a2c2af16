import type { AppToolCall } from '../../../../shared/client/index.ts'
import type { Question } from '../../../../shared/contract/question.ts'
import { useThroughline } from '../../../../shared/react/index.ts'
import { useDraft } from '../../../ui/use-draft.ts'
import { questionDraft } from '../call-drafts.ts'
import { useCallCommand } from '../approval/use-call-command.ts'
import { QuestionCard } from './question-card.tsx'
import { keptValues } from './read-fields.ts'

/** Asks the person a question of the call's MCP server. The fields keep their contents until they are sent. */
export function QuestionOfCall({ call, question }: { call: AppToolCall; question: Question }) {
  const { api } = useThroughline()
  const { isSent, problem, send } = useCallCommand(call)
  const [kept, keep] = useDraft(questionDraft(question))
  return (
    <QuestionCard
      key={question.id}
      call={call}
      question={question}
      values={question.mode === 'form' ? keptValues(question.form, kept) : {}}
      isSent={isSent}
      problem={problem}
      onChange={(values) => keep(JSON.stringify(values))}
      onReply={(reply) =>
        send(async () => {
          await api.tools.reply.mutate({ callId: call.id, questionId: question.id, ...reply })
          keep('')
        })
      }
    />
  )
}
