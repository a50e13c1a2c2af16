import { Readable } from 'node:stream'
import { text } from 'node:stream/consumers'
import { expect, test } from 'vitest'
import { UserId } from '../../shared/contract/ids.ts'
import type { StoredFile } from '../../db/queries/files/files.ts'
import type { Files } from '../files/files.ts'
import { StoreError } from '../files/store.ts'
import { entriesOf } from './routes.ts'

const lost = '00000000-0000-4000-8000-000000000001'
const kept = '00000000-0000-4000-8000-000000000002'

const files = {
  find: async (_userId: UserId, id: string) =>
    ({ file: { id, name: 'a.txt' }, key: id }) as unknown as StoredFile,
  read: async ({ key }: Pick<StoredFile, 'key'>) => {
    if (key === lost) throw new StoreError('The file is not where it was stored.')
    return Readable.from([Buffer.from('kept')])
  },
} satisfies Partial<Files>

test('An archive reads the conversation as it is taken, and goes on without a file that is gone', async () => {
  let made = 0
  async function* pieces() {
    made += 1
    yield `{"id":"${lost}","name":"a.txt"}`
    made += 1
    yield `{"id":"${kept}","name":"a.txt"}`
  }
  const entries = entriesOf(files, UserId.parse(lost), pieces())
  const first = (await entries.next()).value
  expect(made).toBe(0)
  expect(await text(first.content)).toContain(kept)
  const rest: [string, string][] = []
  for await (const { name, content } of entries) rest.push([name, await text(content)])
  expect(rest).toEqual([
    [`files/${kept}/a.txt`, 'kept'],
    ['missing.txt', expect.stringContaining(`files/${lost}/a.txt`)],
  ])
})
