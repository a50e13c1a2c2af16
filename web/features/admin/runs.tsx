import { trpc } from '../../client.ts'
import { Button } from '../../ui/button.tsx'
import { DataTable } from '../../ui/data-table.tsx'
import { formatMoment } from '../../ui/moment.ts'
import { Outcome } from '../../ui/outcome.tsx'

const head = [
  { name: 'Person' },
  { name: 'State' },
  { name: 'Model' },
  { name: 'Since' },
  { name: 'Stop' },
]
/** Milliseconds. */
const LOOK_AGAIN_MS = 5_000

/** The answers that are being written or wait, of everybody; never what is said in them. */
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
          label="Runs"
          none="No answer is being written, and none waits."
          head={head}
          rows={data.items.map((run) => ({
            key: run.id,
            cells: [
              run.userName,
              run.stopRequested ? 'stopping' : run.status,
              run.model,
              <span key="since" className="whitespace-nowrap">
                {formatMoment(run.startedAt ?? run.createdAt)}
              </span>,
              <Button
                key="stop"
                aria-label={`Stop the answer for ${run.userName}`}
                disabled={run.stopRequested || stop.isPending}
                onClick={() => stop.mutate({ runId: run.id })}
              >
                Stop
              </Button>,
            ],
          }))}
        />
      )}
    </div>
  )
}
