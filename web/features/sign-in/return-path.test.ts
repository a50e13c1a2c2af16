import { expect, test } from 'vitest'
import { returnPath } from './return-path.ts'

const origin = 'https://chat.example.com'

test('whoever signed in comes back to the page that they asked for', () => {
  expect(returnPath(`${origin}/s/1?message=2#x`, origin)).toBe('/s/1?message=2#x')
})

test('no address of another site, and none that a browser reads as one, is gone to after signing in', () => {
  for (const address of [
    'https://evil.example/s/1',
    '//evil.example/',
    String.raw`/\evil.example`,
    `${origin}//evil.example`,
    String.raw`${origin}/\evil.example`,
    'javascript:alert(1)',
    `${origin}.evil.example/`,
    'no address',
  ]) {
    expect(returnPath(address, origin), address).toBe('/')
  }
})

test('a page that only leads to signing in is not come back to', () => {
  for (const page of ['setup', 'invite', 'reset', 'verify']) {
    expect(returnPath(`${origin}/${page}?token=1`, origin)).toBe('/')
  }
})

test('below a path the way back stays below it', () => {
  expect(returnPath(`${origin}/chat/s/1`, origin, '/chat')).toBe('/chat/s/1')
  expect(returnPath(`${origin}/chat/invite?token=1`, origin, '/chat')).toBe('/chat/')
  expect(returnPath('https://evil.example.com/chat', origin, '/chat')).toBe('/chat/')
})
