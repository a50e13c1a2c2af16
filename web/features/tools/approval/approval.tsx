import type { AppToolCall } from '../../../../shared/client/index.ts'
import { useThroughline } from '../../../../shared/react/index.ts'
import { trpc } from '../../../client.ts'
import { useDraft } from '../../../ui/use-draft.ts'
import { ApprovalForm } from './approval-form.tsx'
import { reasonDraft } from '../call-drafts.ts'
import { useCallCommand } from './use-call-command.ts'

/** Asks the user to approve a call. */
export function Approval({ call }: { call: AppToolCall }) {
  const { api } = useThroughline()
  const [reason, writeReason] = useDraft(reasonDraft(call))
  const { isSent, problem, send } = useCallCommand(call)
  const { data: description } = trpc.tools.list.useQuery(undefined, {
    select: (tools) => tools.find(({ name }) => name === call.name)?.description,
    // The approval is for the tool's current definition, which may have just changed.
    refetchOnMount: 'always',
  })
  return (
    <ApprovalForm
      call={call}
      description={description}
      reason={reason}
      onReason={writeReason}
      isSent={isSent}
      problem={problem}
      onDecide={(decision, given) =>
        send(async () => {
          await api.tools.decide.mutate({
            callId: call.id,
            decision,
            ...(given ? { reason: given } : {}),
          })
          writeReason('')
        })
      }
    />
  )
}
