import { expect, test } from 'vitest'
import { checkRuntime, nodeVersion } from './runtime.ts'

test('a Node that is too old is told so in a sentence; a newer one and a browser are not', () => {
  expect(() => checkRuntime('18.20.4')).toThrow(
    "Throughline's client needs Node 20 or later; this is Node 18.20.4",
  )
  for (const version of ['20.0.0', '22.1.0', process.versions.node, undefined]) {
    checkRuntime(version)
  }
})

test('whatever a page has by the name of process is not taken for Node', () => {
  for (const found of [null, 'process', {}, { env: {} }, { versions: null }]) {
    expect(nodeVersion(found)).toBeUndefined()
  }
  expect(nodeVersion({ versions: {} })).toBeUndefined()
  expect(nodeVersion({ versions: { node: 24 } })).toBeUndefined()
  expect(nodeVersion({ versions: { node: '24.1.0' } })).toBe('24.1.0')
  expect(nodeVersion()).toBe(process.versions.node)
})
