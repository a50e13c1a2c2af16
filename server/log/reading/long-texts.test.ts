import { expect, test, vi } from 'vitest'
import type { Db } from '../../../db/engine/database.ts'
import type { findMessage } from '../../../db/queries/messages/messages.ts'
import { MessageId, UserId } from '../../../shared/contract/ids.ts'
import { LongTexts } from './long-texts.ts'

const userId = UserId.parse('00000000-0000-7000-8000-000000000001')
const id = MessageId.parse('00000000-0000-7000-8000-000000000002')

test('a text that could not be read once is read again, and then kept', async () => {
  const message = { parts: [{ type: 'text', text: 'long' }] }
  const find = vi
    .fn<typeof findMessage>()
    .mockRejectedValueOnce(new Error('away'))
    .mockResolvedValue({ message } as Awaited<ReturnType<typeof findMessage>>)
  const texts = new LongTexts({} as Db, find)
  await expect(texts.read(userId, id, 0)).rejects.toThrow('away')
  expect(await texts.read(userId, id, 0)).toBe('long')
  expect(await texts.read(userId, id, 0)).toBe('long')
  expect(find).toHaveBeenCalledTimes(2)
})
