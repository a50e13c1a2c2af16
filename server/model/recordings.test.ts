import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { createModelPort } from './create.ts'
import { arrayOf, isObject, numberOf, objectOf, parseJson, stringOf } from './json.ts'
import { collect, stepOf } from './testing/collect.ts'
import { startScriptedProvider } from './testing/scripted-provider.ts'
import { splitAnywhere } from './testing/split-anywhere.ts'

/** Real recordings are the data of other projects: they are read where they are, and not copied here. */
const folder = join(import.meta.dirname, '../../../shared/wire')

type Recording = {
  name: string
  api: 'chat' | 'responses'
  status: number
  body: string
  headers: Record<string, string>
}

function readRecordings(): Recording[] {
  const files = readdirSync(folder).filter((file) => /^(chat|resp)-.*\.json$/.test(file))
  return files.flatMap((file) => {
    const { api, exchanges } = objectOf(parseJson(readFileSync(join(folder, file), 'utf8')))
    return arrayOf(exchanges).map((exchange, number): Recording => {
      const response = objectOf(objectOf(exchange).response)
      const body = stringOf(response.body)
      // Some recordings have their bodies in base64.
      const plain = /^[A-Za-z0-9+/=\s]+$/.test(body)
        ? Buffer.from(body, 'base64').toString('utf8')
        : body
      const headers = { 'content-type': stringOf(objectOf(response.headers)['content-type']) }
      return {
        name: `${file.replace('.json', '')} ${number}`,
        api: api === 'responses' ? 'responses' : 'chat',
        status: numberOf(response.status) ?? 200,
        body: plain,
        headers,
      }
    })
  })
}

/** The endings of the recordings that do not end normally. */
const endings: Record<string, object> = {
  'chat-error-param-400 0': { error: { code: 'bad_request' } },
  'chat-groq-midstream-error 0': { error: { code: 'provider_error' } },
  'chat-openai-length 0': { finish: 'length' },
  'chat-openrouter-http-errors 0': { error: { code: 'provider_rate_limit' } },
  'chat-openrouter-http-errors 1': { error: { code: 'provider_rate_limit' } },
  'chat-openrouter-http-errors 2': { error: { code: 'provider_rate_limit' } },
  'chat-openrouter-stream-error 0': { error: { code: 'provider_error' } },
  'resp-http-401 0': { error: { code: 'provider_auth' } },
  'resp-openai-midstream-error 0': { error: { code: 'provider_rate_limit' } },
  // Custom tools were never asked for, so this answer has neither text nor a call.
  'resp-openai-custom-tool 0': { error: { code: 'provider_empty' } },
  'resp-openai-mcp-approval 0': { error: { code: 'provider_empty' } },
}

/** The names of the calls, read from the whole body without the decoders, to check them. */
function calledNames({ body, api }: Recording): string[] {
  const events = body.split('\n').flatMap((line) => {
    const value = line.startsWith('data: ') ? parseJson(line.slice(6)) : undefined
    return isObject(value) ? [value] : []
  })
  const names =
    api === 'responses'
      ? events
          .filter(
            ({ type, item }) =>
              type === 'response.output_item.added' && objectOf(item).type === 'function_call',
          )
          .map(({ item }) => stringOf(objectOf(item).name))
      : events
          .flatMap(({ choices }) => arrayOf(choices))
          .flatMap((choice) => arrayOf(objectOf(objectOf(choice).delta).tool_calls))
          .map((call) => stringOf(objectOf(objectOf(call).function).name))
  return [...new Set(names.filter((name) => name !== ''))].toSorted()
}

describe.runIf(existsSync(folder))('every real recording comes to an orderly end', () => {
  for (const recording of existsSync(folder) ? readRecordings() : []) {
    test(recording.name, async () => {
      const { api, status, headers, body, name } = recording
      await using provider = await startScriptedProvider([
        { status, headers: { ...headers, 'retry-after-ms': '1' }, body: splitAnywhere(body, name) },
      ])
      const port = createModelPort({
        apiKey: 'any',
        baseUrl: provider.baseUrl,
        api,
        timeoutSeconds: 10,
        idleTimeoutSeconds: 10,
      })
      const step = await collect(port, stepOf('hi'))
      const endingTypes = step.deltas.filter(({ type }) => type === 'finish' || type === 'error')
      expect(endingTypes).toEqual([step.ending])
      const expected = endings[name]
      const called = calledNames(recording)
      if (expected) {
        expect(step.ending).toMatchObject(expected)
      } else if (called.length > 0) {
        expect(step.ending).toEqual({ type: 'finish', finish: 'tool-calls' })
      } else {
        expect(step.ending).toEqual({ type: 'finish', finish: 'stop' })
        expect(step.text + step.refusal).not.toBe('')
      }
      expect([...new Set(step.calls.map((call) => call.name))].toSorted()).toEqual(called)
      for (const call of step.calls) expect(isObject(parseJson(call.arguments))).toBe(true)
      const ids = step.calls.map(({ id }) => id)
      expect(new Set(ids).size).toBe(ids.length)
      if (!expected) {
        expect(step.deltas.some(({ type }) => type === 'usage')).toBe(/"usage":\s*\{/.test(body))
      }
    })
  }
})

test.runIf(!existsSync(folder))('recordings', () => {
  console.warn(`no recordings at ${folder}: the synthetic fixtures have to do`)
})
