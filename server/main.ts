import { existsSync } from 'node:fs'
import { Registry, collectDefaultMetrics } from 'prom-client'
import { createApp } from './app.ts'
import type { App } from './app.ts'
import { ConfigError } from './config/config.ts'
import type { Config } from './config/config.ts'
import { createLogger } from './logger.ts'
import { checkConfig } from './start-config.ts'
import { explainStartFailure } from './config/start-failure.ts'

/** A configuration error, by the convention of sysexits.h. */
const EX_CONFIG = 78
/** The timeout of an orderly end. Milliseconds. */
const SHUTDOWN = 25_000
/** The interval at which the event loop's delay is measured. Milliseconds. */
const EVENT_LOOP_LOOK = 50

// The files contain people's conversations, so only this user may read them.
process.umask(0o077)
if (existsSync('.env')) {
  process.loadEnvFile('.env')
}
const config = await configOrExit()
const logger = createLogger(config.logLevel, process.stdout.isTTY)
const metrics = new Registry()
collectDefaultMetrics({ register: metrics, eventLoopMonitoringPrecision: EVENT_LOOP_LOOK })

process.on('unhandledRejection', (error) => {
  logger.fatal({ err: error }, 'a promise failed that nobody handles')
  process.exit(1)
})

const app = await start().catch((error: unknown) =>
  error instanceof ConfigError
    ? fail(error.message, EX_CONFIG)
    : fail(explainStartFailure(error, config)),
)

for (const signal of ['SIGTERM', 'SIGINT'] as const) {
  process.once(signal, () => void shutDown(app, signal))
}

async function configOrExit(): Promise<Config> {
  try {
    return await checkConfig(process.env)
  } catch (error) {
    if (error instanceof ConfigError) {
      return fail(error.message, EX_CONFIG)
    }
    throw error
  }
}

async function start(): Promise<App> {
  const made = await createApp({ config, logger, metrics })
  try {
    const url = await made.listen()
    console.log(`Throughline is listening on ${url}`)
    const setupLink = await made.setupLink()
    if (setupLink) console.log(`Set up the first account: ${setupLink}`)
    if (made.services.model.kind === 'demo') {
      console.log(
        'The demo model answers. Set OPENAI_API_KEY or OPENAI_BASE_URL (see .env.example) for a real one.',
      )
    }
    return made
  } catch (error) {
    await made.close()
    throw error
  }
}

async function shutDown(running: App, signal: string): Promise<void> {
  logger.info(`${signal}: closing`)
  running.drain()
  setTimeout(() => fail('The server could not close in time.'), SHUTDOWN).unref()
  await running.close()
  process.exit(0)
}

function fail(message: string, status = 1): never {
  console.error(message)
  process.exit(status)
}
