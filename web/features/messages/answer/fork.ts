import { newId } from '../../../../shared/contract/new-id.ts'
import type { Client } from '../../../../shared/client/index.ts'
import { tell } from '../../../ui/notices/notice.ts'
import { t } from '../../../language/t.ts'

/** Makes a session of the conversation up to a message, opens it and says so. */
export async function forkFrom(
  client: Client,
  messageId: string,
  open: (id: string) => void,
): Promise<void> {
  const { id } = await client.api.sessions.fork.mutate({ messageId, id: newId() })
  open(id)
  tell({ text: t('This is the fork: a session of its own, up to here.') })
}
