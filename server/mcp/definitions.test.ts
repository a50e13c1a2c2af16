import { expect, test } from 'vitest'
import { toTools } from './definitions.ts'

test('a tool has its title for people, or that of its annotations, and a wrong one is none', () => {
  const inputSchema = { type: 'object' }
  const { tools } = toTools(
    { name: 'post', approval: 'never' },
    [
      { name: 'a', inputSchema, title: 'Post a letter', annotations: { title: 'Other' } },
      { name: 'b', inputSchema, annotations: { title: ' Send ' } },
      { name: 'c', inputSchema, title: 7 },
    ],
    async () => null,
  )
  expect(tools.map(({ title }) => title)).toEqual(['Post a letter', 'Send', undefined])
})
