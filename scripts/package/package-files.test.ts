import { expect, test } from 'vitest'
import { importsOf } from './package-files.ts'

test('all kinds of imports are found, and nothing in texts', () => {
  const code = `
    import { a } from 'static'
    import 'for-effects'
    export { b } from './named.js'
    export * from '@scope/all/deep'
    const lazy = await import('lazy')
    const path = import.meta.resolve('resolved')
    // from 'comment'
    const sql = "select from runs where source is distinct from 'rule'"
    const text = \`imported from 'template', by import('template')\`
  `
  expect(importsOf('some.js', code)).toEqual([
    ...['static', 'for-effects', './named.js', '@scope/all/deep', 'lazy', 'resolved'],
  ])
  const types = `import type { A } from 'typed'\nexport declare const c: import('of-type').C<A>`
  expect(importsOf('some.d.ts', types)).toEqual(['typed', 'of-type'])
})
