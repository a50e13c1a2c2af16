import { expect, test } from 'vitest'
import { offeredName } from './names.ts'

test('a name that fits stays as it is', () => {
  expect(offeredName('files', 'read-File_2')).toBe('files__read-File_2')
})

test.each(['read file', 'read.file', 'a'.repeat(200), '', 'größe', '🦊'])(
  'the name %j becomes one that every provider takes, and no other tool’s',
  (tool) => {
    const name = offeredName('files', tool)
    expect(name).toMatch(/^files__[A-Za-z0-9_-]{1,57}$/)
    expect(name).not.toBe(offeredName('files', `${tool} `))
    expect(offeredName('files', tool)).toBe(name)
  },
)
