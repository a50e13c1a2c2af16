import { describe, expect, test } from 'vitest'
import { procedureRecord } from '../../http/rest/procedures.ts'
import { appRouter } from '../../router.ts'
import { startTestApp } from '../../testing/app.ts'
import { onEachStorage } from '../../testing/each-storage.ts'
import { getText, statusOf } from '../../testing/clients/plain-http.ts'
import { isRecord } from '../../../shared/session/is-record.ts'

/** The description of the plain HTTP interface, on either database. */
onEachStorage((database, openStorage) => {
  describe(`plain HTTP, on ${database}`, () => {
    test('is described at /openapi.json: every query and mutation once, nothing that points nowhere', async () => {
      await using storage = await openStorage()
      await using app = await startTestApp(storage)
      const url = await app.listen()
      const text = await getText(`${url}/openapi.json`)
      const description: OpenApi = JSON.parse(text)
      expect(description).toMatchObject({ openapi: '3.1.0', info: { title: 'Throughline' } })
      const operations = Object.entries(description.paths).flatMap(([path, methods]) =>
        Object.values(methods).map((operation) => ({ path, ...operation })),
      )
      const procedures = Object.entries(procedureRecord(appRouter))
        .filter(([, procedure]) => procedure._def.type !== 'subscription')
        .map(([name]) => name.replaceAll('.', '-'))
      expect(operations.map(({ operationId }) => operationId).toSorted()).toEqual(
        procedures.toSorted(),
      )
      for (const { path, parameters = [], responses } of operations) {
        const inPath = parameters.flatMap((one) => (one.in === 'path' ? [one.name] : []))
        expect(inPath.toSorted()).toEqual(
          [...path.matchAll(/\{(.+?)\}/g)].map(([, name = '']) => name).toSorted(),
        )
        expect(Object.keys(responses)).toContain('200')
      }
      const responsesOf = (name: string) =>
        operations.find(({ operationId }) => operationId === name)?.responses ?? {}
      const refusals = ['200', '400', '403', '404', '409', '413', '415', '500', '503']
      expect(Object.keys(responsesOf('messages-send'))).toEqual(refusals)
      expect(responsesOf('sessions-export')).toMatchObject({
        200: { content: { 'text/markdown': {} } },
      })
      for (const [, pointer = ''] of text.matchAll(/"\$ref":"#\/(.+?)"/g)) {
        expect(pointer.split('/').reduce(childOf, description), pointer).toBeTypeOf('object')
      }
    })

    test('needs no input where every field of it may be left out', async () => {
      await using storage = await openStorage()
      await using app = await startTestApp(storage)
      const url = await app.listen()
      for (const name of ['sessions.list', 'shares.list', 'usage.summary', 'usage.daily']) {
        expect(await statusOf(`${url}/trpc/${name}`), name).toBe(200)
      }
      await app.caller.sessions.create()
      expect((await app.caller.sessions.list()).items).toHaveLength(1)
    })

    test('shows that description at /docs and /redoc, with nothing from elsewhere', async () => {
      await using storage = await openStorage()
      await using app = await startTestApp(storage)
      const url = await app.listen()
      for (const path of ['/docs', '/redoc']) {
        const page = await fetch(url + path)
        expect(page.headers.get('content-type')).toContain('text/html')
        const addresses = [...(await page.text()).matchAll(/(?:src|href|spec-url)="(.+?)"/g)]
          .map(([, address = '']) => address)
          .filter((address) => !address.startsWith('data:'))
        expect(addresses.length).toBeGreaterThan(1)
        for (const address of addresses) {
          expect(address).toMatch(/^\/\w/)
          expect(await statusOf(url + address)).toBe(200)
        }
      }
    })
  })
})

type Operation = {
  operationId: string
  parameters?: { name: string; in: string }[]
  responses: Record<string, unknown>
}
type OpenApi = { paths: Record<string, Record<string, Operation>> }

function childOf(value: unknown, key: string): unknown {
  return isRecord(value) ? value[key] : undefined
}
