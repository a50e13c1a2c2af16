import { isObject, parseJson } from '../json.ts'

/**
 * Converts the bodies of error responses to `{ error: … }`, the only shape that the `openai` client reads. It would
 * lose FastAPI's `{ detail }`, vLLM's bare `{ message }`, and the array that Google sends.
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
