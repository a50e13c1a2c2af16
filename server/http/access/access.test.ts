import { expect, test } from 'vitest'
import { createAccessPolicy } from './access.ts'

test('the address that it listens on is its own, wherever on loopback that is', () => {
  const access = createAccessPolicy({ mode: 'single', publicUrl: null, allowedOrigins: [] })
  const own = { host: '127.0.0.2:8001', origin: 'http://127.0.0.2:8001' }
  expect(access.refusal(own, '/')).toMatch(/its own address/)
  access.listensAt('http://127.0.0.2:8001')
  expect(access.refusal(own, '/')).toBeNull()
  expect(access.refusal({ host: '127.0.0.3:8001' }, '/')).toMatch(/its own address/)
})

test('what a foreign page loads or opens is refused where it is private or costs something, and the app is not', () => {
  const access = createAccessPolicy({ mode: 'single', publicUrl: null, allowedOrigins: [] })
  const isRefused = (site: string, path: string, mode = 'no-cors') =>
    access.refusal({ host: 'localhost', 'sec-fetch-site': site, 'sec-fetch-mode': mode }, path) !==
    null
  for (const site of ['cross-site', 'same-site']) {
    for (const path of [
      '/api/session/x/export',
      '/trpc/sessions.list',
      '/metrics',
      '/ws/session/x',
    ]) {
      expect(isRefused(site, path), path).toBe(true)
      expect(isRefused(site, path, 'navigate'), path).toBe(true)
    }
    for (const path of ['/', '/s/x', '/share/x', '/assets/a.js', '/health']) {
      expect(isRefused(site, path, 'navigate'), path).toBe(false)
    }
    for (const path of ['/api/auth/callback/github', '/api/mcp/callback']) {
      expect(isRefused(site, path, 'navigate'), path).toBe(false)
      expect(isRefused(site, path), path).toBe(true)
    }
    expect(isRefused(site, '/api/mcp/sign-in/x', 'navigate')).toBe(true)
    expect(isRefused(site, '/api/mcp/callback/x', 'navigate')).toBe(true)
  }
  expect(isRefused('same-origin', '/api/session/x')).toBe(false)
  expect(isRefused('none', '/api/session/x', 'navigate')).toBe(false)
})
