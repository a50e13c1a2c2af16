import { lockFiles } from '../../db/queries/files/files.ts'
import type { FileId } from '../../shared/contract/ids.ts'
import type { FilePart } from '../../shared/contract/message.ts'
import { CommandError } from '../api-error.ts'
import type { CommandTransaction } from './transaction.ts'

/**
 * The parts of these files, which stay until the transaction ends: whatever a message refers to is stored before it is.
 *
 * @throws NOT_FOUND when one is not there, or somebody else's
 */
export async function requireFiles(
  { db, userId, filesPerMessage }: CommandTransaction,
  ids: readonly FileId[],
): Promise<FilePart[]> {
  if (ids.length > filesPerMessage) {
    throw new CommandError('BAD_REQUEST', `A message may have ${filesPerMessage} files at most.`)
  }
  const found = new Map((await lockFiles(db, userId, ids)).map(({ file }) => [file.id, file]))
  return ids.map((id) => {
    const file = found.get(id)
    if (!file) {
      throw new CommandError(
        'NOT_FOUND',
        'A file of the message is not there any more. Attach it again.',
      )
    }
    return { type: 'file', file }
  })
}
