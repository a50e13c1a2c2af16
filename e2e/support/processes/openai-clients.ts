import { execFile, spawn } from 'node:child_process'
import { existsSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import OpenAI from 'openai'
import { z } from 'zod'

export const ResponseEvent = z.looseObject({
  type: z.string(),
  sequence_number: z.number(),
  delta: z.string().optional(),
  item_id: z.string().optional(),
  response: z.looseObject({ id: z.string() }).optional(),
})
export type ResponseEvent = z.infer<typeof ResponseEvent>

export const Response = z.looseObject({
  id: z.string(),
  status: z.string(),
  output: z.array(
    z.looseObject({
      id: z.string(),
      type: z.string(),
      content: z.array(z.looseObject({ text: z.string().optional() })).optional(),
    }),
  ),
})
export type Response = z.infer<typeof Response>

/** The part of OpenAI's clients that the stories use. The events end where the connection is cut. */
export type ResponsesClient = {
  create(url: string, text: string): AsyncIterable<ResponseEvent>
  resume(url: string, id: string, after: number): AsyncIterable<ResponseEvent>
  retrieve(url: string, id: string): Promise<Response>
  cancel(url: string, id: string): Promise<Response>
}

const nodeAt = (url: string) =>
  new OpenAI({ baseURL: `${url}/v1`, apiKey: 'any', maxRetries: 0 }).responses

export const nodeClient: ResponsesClient = {
  async *create(url, input) {
    const asked = { model: 'default', input, background: true, stream: true } as const
    yield* untilCut(await nodeAt(url).create(asked))
  },
  async *resume(url, id, after) {
    yield* untilCut(await nodeAt(url).retrieve(id, { stream: true, starting_after: after }))
  },
  retrieve: async (url, id) => Response.parse(await nodeAt(url).retrieve(id)),
  cancel: async (url, id) => Response.parse(await nodeAt(url).cancel(id)),
}

async function* untilCut(stream: AsyncIterable<unknown>): AsyncGenerator<ResponseEvent> {
  try {
    for await (const event of stream) yield ResponseEvent.parse(event)
  } catch (error) {
    if (!/terminated|socket|aborted|connection/i.test(String(error))) throw error
  }
}

const script = fileURLToPath(new URL('openai_client.py', import.meta.url))
const folder = fileURLToPath(
  new URL('../../../node_modules/.cache/throughline/python-openai', import.meta.url),
)
const run = promisify(execFile)

/**
 * OpenAI's own client for Python, installed once into a folder of its own.
 *
 * @returns why there is none, in words, where Python or the package cannot be had
 */
export async function pythonClient(): Promise<ResponsesClient | string> {
  const python = join(folder, 'bin/python')
  const works = () => run(python, ['-c', 'import openai'], { timeout: 60_000 })
  try {
    if (!existsSync(python) || !(await works().catch(() => null))) {
      rmSync(folder, { recursive: true, force: true })
      await run('python3', ['-m', 'venv', folder], { timeout: 60_000 })
      const pip = ['-m', 'pip', 'install', '--quiet', '--retries', '1', 'openai']
      await run(python, pip, { timeout: 120_000 })
      await works()
    }
  } catch (error) {
    const reason = error instanceof Error ? error.message.trim().split('\n').at(-1) : ''
    return `OpenAI’s client for Python cannot be had here: ${reason}`
  }
  const ask = async (...args: string[]) => (await run(python, [script, ...args])).stdout
  return {
    create: (url, text) => lines(python, [script, url, 'create', text]),
    resume: (url, id, after) => lines(python, [script, url, 'resume', id, String(after)]),
    retrieve: async (url, id) => Response.parse(JSON.parse(await ask(url, 'text', id))),
    cancel: async (url, id) => Response.parse(JSON.parse(await ask(url, 'cancel', id))),
  }
}

async function* lines(python: string, args: string[]): AsyncGenerator<ResponseEvent> {
  const child = spawn(python, args, { stdio: ['ignore', 'pipe', 'inherit'] })
  const exit = new Promise<number | null>((resolve) => child.once('close', resolve))
  try {
    for await (const line of createInterface({ input: child.stdout })) {
      yield ResponseEvent.parse(JSON.parse(line))
    }
    const status = await exit
    if (status !== 0 && status !== 3) throw new Error(`the client ended with ${status}`)
  } finally {
    child.kill()
  }
}
