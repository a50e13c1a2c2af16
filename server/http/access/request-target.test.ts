import { expect, test } from 'vitest'
import { readTarget } from './request-target.ts'

const HOST = 'chat.example'

test.each([
  ['/', '/'],
  ['*', '*'],
  ['/s/a.b?x=../%2f#', '/s/a.b?x=../%2f#'],
  ['/%61pi/%2Dx%7E', '/api/-x~'],
  ['/api/x%20y/%C3%A9', '/api/x%20y/%C3%A9'],
  ['/api/%252e%252e', '/api/%252e%252e'],
  ['/.well-known/x', '/.well-known/x'],
  ['/api/..x/...', '/api/..x/...'],
  ['/v1/models/maker%2Fmodel', '/v1/models/maker%2Fmodel'],
  ['http://chat.example/api/me?x', '/api/me?x'],
  ['HTTP://Chat.example', '/'],
])('%s is read as %s', (target, path) => {
  expect(readTarget(target, HOST)).toBe(path)
})

test.each([
  ...['/a/../b', '/a/./b', '/..', '/a/.', '/a/%2e%2E/b', '/a/.%2e', '/a/..?x'],
  ...['/v1/models/..%2fx', '/v1/models/x%2F.', '/a%2fb', '/a\\b', '/a%5Cb', '/a#b', '/a\tb'],
  ...['/a%00b', '/a%0ab', '/a%7Fb', 'x', '', 'http://evil.example/api/me', 'ftp://chat.example/'],
])('%s is read in no way', (target) => {
  expect(readTarget(target, HOST)).toBeNull()
})
