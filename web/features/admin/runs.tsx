import { trpc } from '../../client.ts'
import { Button } from '../../ui/controls/button.tsx'
import { DataTable } from '../../ui/data-table.tsx'
import { Outcome } from '../../ui/notices/outcome.tsx'
import { msg, t } from '../../language/t.ts'
import { formatMoment } from '../../language/amounts.ts'

const head = [
  {
    get name() {
      return t('Person')
    },
  },
  {
    get name() {
      return t('State')
    },
  },
  {
    get name() {
      return t('Model')
    },
  },
  {
    get name() {
      return t('Since')
    },
  },
  {
    get name() {
      return t('Stop')
    },
  },
]
const states = { queued: msg('queued'), running: msg('running'), waiting: msg('waiting') } as const
/** Milliseconds. */
const LOOK_AGAIN_MS = 5_000

/** The answers of all people that are being written or wait; never their contents. */
export function Runs() {
  const utils = trpc.useUtils()
  const { data, error } = trpc.admin.runs.list.useQuery(
    {},
    { staleTime: 0, refetchInterval: LOOK_AGAIN_MS },
  )
  const stop = trpc.admin.runs.stop.useMutation({
    onSettled: () => utils.admin.runs.list.invalidate(),
  })
  return (
    <div className="grid grid-cols-1 gap-4">
      <Outcome error={error?.message ?? stop.error?.message ?? null} />
      {data && (
        <DataTable
          label={t('Runs')}
          none={t('No answer is being written, and none waits.')}
          head={head}
          rows={data.items.map((run) => ({
            key: run.id,
            cells: [
              run.userName,
              run.stopRequested ? t('stopping') : t(states[run.status]),
              run.model,
              <span key="since" className="whitespace-nowrap">
                {formatMoment(run.startedAt ?? run.createdAt)}
              </span>,
              <Button
                key="stop"
                aria-label={t('Stop the answer for {name}', { name: run.userName })}
                disabled={run.stopRequested || stop.isPending}
                onClick={() => stop.mutate({ runId: run.id })}
              >
                {t('Stop')}
              </Button>,
            ],
          }))}
        />
      )}
    </div>
  )
}
