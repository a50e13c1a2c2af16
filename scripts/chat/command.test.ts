import { expect, test } from 'vitest'
import { parseCommand } from './command.ts'

test.each([
  ['Hello there', { type: 'say', text: 'Hello there' }],
  ['  ', { type: 'nothing' }],
  ['/list', { type: 'list' }],
  ['/open 2', { type: 'open', which: '2' }],
  ['/deny  too much ', { type: 'deny', reason: 'too much' }],
  ['//etc/hosts is a file', { type: 'say', text: '/etc/hosts is a file' }],
  ['/etc/hosts is a file', { type: 'unknown', name: 'etc/hosts' }],
] as const)('the line %j is understood', (line, command) => {
  expect(parseCommand(line)).toEqual(command)
})
