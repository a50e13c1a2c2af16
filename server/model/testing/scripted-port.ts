import { createModelPort } from '../create.ts'
import type { ModelPortOptions } from '../create.ts'
import type { ModelPort } from '../port.ts'
import { chatChunk, sse, startScriptedProvider } from './scripted-provider.ts'
import type { ScriptedProvider, ScriptedReply } from './scripted-provider.ts'

/** A port with a scripted provider, which `await using` closes. */
export async function scriptedPort(
  script: ScriptedReply[],
  options: Partial<ModelPortOptions> = {},
): Promise<AsyncDisposable & { provider: ScriptedProvider; port: ModelPort }> {
  const provider = await startScriptedProvider(script)
  const port = createModelPort({
    apiKey: 'sk-secret-key-123456',
    baseUrl: provider.baseUrl,
    api: 'chat',
    timeoutSeconds: 5,
    idleTimeoutSeconds: 5,
    random: () => 0,
    ...options,
  })
  return { provider, port, [Symbol.asyncDispose]: () => provider.close() }
}

/** A response that is an error. */
export function refusal(
  status: number,
  error: unknown,
  headers: Record<string, string> = {},
): ScriptedReply {
  return {
    status,
    headers: { 'content-type': 'application/json', ...headers },
    body: [JSON.stringify({ error })],
  }
}

/** A first piece of an answer. */
export const word = sse(chatChunk({ content: 'Hello' }))
