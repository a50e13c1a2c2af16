import { trpc } from '../../client.ts'
import { t } from '../../language/t.ts'
import { tell, tellFailure } from '../../ui/notices/notice.ts'

/** Moves a session into the archive, with a notice that takes it back, or out of the archive. */
export function useArchive(): (id: string, archived: boolean) => void {
  const { mutate } = trpc.sessions.update.useMutation({
    onError: tellFailure,
    onSuccess: (_, { id, archived }) => {
      if (!archived) return
      const undo = () => mutate({ id, archived: false })
      tell({ text: t('The session is in the archive.'), action: { name: t('Undo'), run: undo } })
    },
  })
  return (id, archived) => mutate({ id, archived })
}
