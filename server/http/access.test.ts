import { expect, test } from 'vitest'
import { createAccessPolicy } from './access.ts'

test('the address that it listens on is its own, wherever on loopback that is', () => {
  const access = createAccessPolicy({ mode: 'single', publicUrl: null, allowedOrigins: [] })
  const own = { host: '127.0.0.2:8001', origin: 'http://127.0.0.2:8001' }
  expect(access.refusal(own)).toMatch(/its own address/)
  access.listensAt('http://127.0.0.2:8001')
  expect(access.refusal(own)).toBeNull()
  expect(access.refusal({ host: '127.0.0.3:8001' })).toMatch(/its own address/)
})
