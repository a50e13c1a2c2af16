import { ConfigError, readConfig } from './config/config.ts'
import type { Config } from './config/config.ts'
import { readTlsPair } from './http/tls.ts'
import type { TlsFiles } from './http/tls.ts'
import { withSecretFiles } from './config/secret-files.ts'
import { readMcpConfig } from './mcp/config.ts'

/**
 * Reads the settings and the file in MCP_CONFIG, and reports the problems of both together.
 *
 * @param given such as `process.env`
 * @throws {ConfigError} with every problem
 */
export async function checkConfig(given: Record<string, string | undefined>): Promise<Config> {
  const { env, problems } = withSecretFiles(given)
  const collect = (error: unknown): null => {
    if (!(error instanceof ConfigError)) throw error
    problems.push(...error.problems)
    return null
  }
  const config = await Promise.try(readConfig, env).catch(collect)
  if (config?.listen.tls) await checkTls(config.listen.tls).catch(collect)
  await readMcpConfig(env.MCP_CONFIG?.trim() ? env.MCP_CONFIG : null).catch(collect)
  if (config === null || problems.length > 0) throw new ConfigError(problems)
  return config
}

async function checkTls(files: TlsFiles): Promise<void> {
  try {
    await readTlsPair(files)
  } catch (cause) {
    const code = cause instanceof Error && 'code' in cause ? String(cause.code) : 'unknown'
    throw new ConfigError([
      `TLS_CERT_FILE: the certificate and the key of TLS_KEY_FILE cannot be used together (${code}).`,
    ])
  }
}
