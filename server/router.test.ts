import { expect, test } from 'vitest'
import { api } from '../shared/contract/api/all.ts'
import type { Declaration } from '../shared/contract/api/declare.ts'
import { procedureRecord } from './http/rest/procedures.ts'
import { appRouter } from './router.ts'

test('whatever is declared is served under its name, and nothing else is', () => {
  const { me, ...groups } = api
  const declared: Declaration[] = [
    me,
    ...Object.values(groups).flatMap((one) => Object.values(one)),
  ]
  const served = Object.entries(procedureRecord(appRouter)).map(([path, { _def }]) => [
    path,
    _def.meta,
    _def.type,
  ])
  expect(new Map(served.map(([path, meta, type]) => [path, { meta, type }]))).toEqual(
    new Map(declared.map((meta) => [meta.name, { meta, type: meta.kind }])),
  )
})
