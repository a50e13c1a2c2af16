import { isObject, parseJson } from '../json.ts'

/**
 * Puts the bodies of error responses into the one shape that the `openai` client reads, `{ error: … }`. It drops what
 * it does not find there: FastAPI's `{ detail }`, vLLM's bare `{ message }`, and the array that Google sends.
 */
export function withReadableErrors(send: typeof fetch): typeof fetch {
  return async (input, init) => {
    const response = await send(input, init)
    if (response.ok || response.body === null) return response
    const text = await response.text()
    const { status, statusText, headers } = response
    return new Response(readable(text), { status, statusText, headers })
  }
}

function readable(text: string): string {
  const parsed = parseJson(text)
  const body: unknown = Array.isArray(parsed) ? parsed[0] : parsed
  if (!isObject(body)) return text
  return JSON.stringify('error' in body ? body : { error: body })
}
