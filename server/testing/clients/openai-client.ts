import OpenAI from 'openai'
import type { TestApp } from '../app.ts'

/** OpenAI's own client, unchanged, connected to this server. */
export async function clientOf(app: TestApp): Promise<OpenAI> {
  return clientAt(await app.listen(), 'any')
}

export function clientAt(url: string, apiKey: string): OpenAI {
  return new OpenAI({ baseURL: `${url}/v1`, apiKey, maxRetries: 0 })
}

/** A tool that the client carries out. */
export const weather: OpenAI.Responses.FunctionTool = {
  type: 'function',
  name: 'get_weather',
  description: 'The weather of a place',
  parameters: { type: 'object', properties: { place: { type: 'string' } }, required: ['place'] },
  strict: false,
}
