// A server with the counted tools as a separate program, so that it can be killed.
import { createApp } from '../../../server/app.ts'
import { readConfig } from '../../../server/config/config.ts'
import { createLogger } from '../../../server/logger.ts'
import { countedTools } from './counted-tools.ts'

const config = readConfig(process.env)
const app = await createApp({
  config,
  logger: createLogger(config.logLevel, false),
  tools: countedTools(process.env.COUNTER_URL ?? ''),
})
console.log(`Throughline is listening on ${await app.listen()}`)
process.once('SIGTERM', () => {
  app.drain()
  void app.close().then(() => process.exit(0))
})
