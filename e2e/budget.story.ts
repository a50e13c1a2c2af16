import { existsSync, readFileSync, statSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { expect, test } from 'vitest'

const root = fileURLToPath(new URL('../dist/web', import.meta.url))

test('the first page asks for at most 165 KB of script, compressed', () => {
  const page = readFileSync(join(root, 'index.html'), 'utf8')
  const scripts = [...page.matchAll(/(?:src|href)="(\/[^"]+\.js)"/g)].map(([, path = '']) => path)
  expect(scripts.length).toBeGreaterThan(0)
  const bytes = scripts.reduce((sum, path) => {
    // The smallest files are not worth compressing.
    const packed = join(root, `${path}.gz`)
    return sum + statSync(existsSync(packed) ? packed : join(root, path)).size
  }, 0)
  expect(bytes).toBeLessThan(165_000)
})

test('the service worker is one file, since not every browser starts one that imports', () => {
  expect(readFileSync(join(root, 'service-worker.js'), 'utf8')).not.toMatch(/\bimport\b|\bexport\b/)
})
