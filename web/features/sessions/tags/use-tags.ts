import type { Session } from '../../../../shared/contract/session.ts'
import { trpc } from '../../../client.ts'
import { tellFailure } from '../../../ui/notices/notice.ts'
import { withTag } from './with-tag.ts'

/** The tags of the person's sessions, by name; kept on the device, so that they are there without a network. */
export function useTags() {
  return trpc.sessions.tags.useQuery(undefined, { retry: 1 }).data ?? NONE
}

const NONE: readonly { name: string; sessions: number }[] = []

/** Gives a session a tag, such as one that it was dropped on. */
export function useAddTag() {
  const tags = useTags()
  const utils = trpc.useUtils()
  const update = trpc.sessions.update.useMutation({
    onSuccess: () => void utils.sessions.tags.invalidate(),
    onError: tellFailure,
  })
  return ({ id, tags: before = [] }: Session, tag: string): void => {
    const known = tags.map(({ name }) => name)
    update.mutate({ id, tags: withTag(before, tag, known) })
  }
}
