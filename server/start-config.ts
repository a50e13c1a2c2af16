import { ConfigError, readConfig } from './config/config.ts'
import type { Config } from './config/config.ts'
import { readMcpConfig } from './mcp/config.ts'

/**
 * The settings, and the file that MCP_CONFIG names: what is wrong with either is told together.
 *
 * @param env such as `process.env`
 * @throws {ConfigError} with every problem there is
 */
export async function checkConfig(env: Record<string, string | undefined>): Promise<Config> {
  const problems: string[] = []
  const collect = (error: unknown): null => {
    if (!(error instanceof ConfigError)) throw error
    problems.push(...error.problems)
    return null
  }
  const config = await Promise.try(readConfig, env).catch(collect)
  await readMcpConfig(env.MCP_CONFIG?.trim() ? env.MCP_CONFIG : null).catch(collect)
  if (config === null || problems.length > 0) throw new ConfigError(problems)
  return config
}
