import { pino } from 'pino'
import { createApp } from '../app.ts'
import { readConfig } from '../config/config.ts'
import type { Tool } from '../tools/tool.ts'
import type { ScriptedAnswer } from './scripted-answer.ts'
import { createScriptedModel } from './scripted-model.ts'

export type TestServerOptions = {
  /** The answers of the model, in the order of its requests. `server.model.plan(…)` adds more at any time. */
  answers?: readonly ScriptedAnswer[]
  /** Tools beside the built-in ones. */
  tools?: readonly Tool[]
  /** Settings as in `.env.example`; the defaults are those of a server that keeps everything in memory. */
  env?: Record<string, string>
}

/**
 * Starts a whole Throughline server in this process, on a free port of this machine, with its database in memory and a
 * scripted model. Needs Node 24 or later.
 * @example
 * await using server = await startTestServer({ answers: ['Hello!'] })
 * await using client = connect({ url: server.url })
 */
export async function startTestServer({ answers = [], tools, env }: TestServerOptions = {}) {
  const config = readConfig({ DATA_DIR: 'memory:', SERVER_PORT: '0', ...env })
  const model = createScriptedModel(config.model)
  model.plan(...answers)
  const app = await createApp({
    config,
    logger: pino({ level: 'silent' }),
    model,
    ...(tools && { tools }),
  })
  try {
    return {
      /** Such as `http://127.0.0.1:54321`. */
      url: await app.listen(),
      /** The model, with its planned answers and the requests that it received. */
      model,
      /** Calls the procedures in this process, as the local owner. */
      caller: app.caller,
      close: () => app.close(),
      [Symbol.asyncDispose]: () => app.close(),
    }
  } catch (error) {
    await app.close()
    throw error
  }
}

export type TestServer = Awaited<ReturnType<typeof startTestServer>>
