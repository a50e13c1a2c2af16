import { existsSync } from 'node:fs'
import process from 'node:process'
import type { Config } from '../server/config/config.ts'
import { checkConfig } from '../server/start-config.ts'

/**
 * The settings as the server of this folder has them: those of the environment, and of `.env` where that has none.
 *
 * @throws {ConfigError} with every problem
 */
export async function readOwnConfig(): Promise<Config> {
  if (existsSync('.env')) process.loadEnvFile('.env')
  return checkConfig(process.env)
}
