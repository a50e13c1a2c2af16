import { z } from 'zod'
import { findDoorRun } from '../../../db/queries/doors/responses.ts'
import type { DoorRun } from '../../../db/queries/doors/responses.ts'
import type { SessionId } from '../../../shared/contract/ids.ts'
import { notFound } from '../../api-error.ts'
import { readConversationId, readResponseId } from '../ids.ts'
import type { DoorRequest } from '../request.ts'
import { DoorError } from './errors.ts'
import { GivenFormat } from './output-format.ts'
import { givenParameters } from './parameters.ts'

/** The fields that define the request to the model, for asking it and for counting tokens. */
export const askedFields = {
  input: z.unknown().optional(),
  model: z.string().nullish(),
  instructions: z.string().nullish(),
  previous_response_id: z.string().nullish(),
  conversation: z.union([z.string(), z.object({ id: z.string() })]).nullish(),
  tools: z.array(z.unknown()).nullish(),
  ...givenParameters,
  text: z.looseObject({ format: GivenFormat.nullish() }).nullish(),
}

const Behind = z.object({
  previous_response_id: askedFields.previous_response_id,
  conversation: askedFields.conversation,
})

/**
 * Reads what a request continues: the previous response, or a conversation, which is not looked up yet.
 *
 * @returns nulls for a request that begins a conversation
 * @throws when both are given, or there is no such response of this user
 */
export async function readBehind(
  { services, userId }: Pick<DoorRequest, 'services' | 'userId'>,
  { previous_response_id: previous, conversation }: z.infer<typeof Behind>,
): Promise<{ run: DoorRun | null; sessionId: SessionId | null }> {
  if (previous && conversation) {
    throw new DoorError('Give either conversation or previous_response_id.', {
      param: 'conversation',
    })
  }
  if (previous) {
    const found = readResponseId(previous)
    const { db } = services.database
    const run = found && (await findDoorRun(db, userId, found.runId, found.segment))
    if (!run || run.deletedAt) {
      throw new DoorError(`Previous response with id '${previous.slice(0, 100)}' not found.`, {
        ...{ status: 400, param: 'previous_response_id', code: 'previous_response_not_found' },
      })
    }
    return { run, sessionId: run.sessionId }
  }
  if (!conversation) return { run: null, sessionId: null }
  const id = readConversationId(typeof conversation === 'string' ? conversation : conversation.id)
  if (!id) throw notFound('conversation')
  return { run: null, sessionId: id }
}
