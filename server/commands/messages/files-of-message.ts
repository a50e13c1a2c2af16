import { lockFiles } from '../../../db/queries/files/files.ts'
import type { FileId } from '../../../shared/contract/ids.ts'
import type { FilePart } from '../../../shared/contract/message.ts'
import { CommandError } from '../../api-error.ts'
import type { CommandTransaction } from '../transaction.ts'

/**
 * Reads these files as parts of a message and locks them until the transaction ends, so that no message refers to a
 * file that is deleted meanwhile.
 *
 * @throws NOT_FOUND when a file does not exist, or belongs to somebody else
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
