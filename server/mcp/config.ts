import { readFile } from 'node:fs/promises'
import { z } from 'zod'
import { ConfigError } from '../config/config.ts'
import type { ApprovalPolicy } from '../tools/tool.ts'

/** An MCP server in the operator's configuration file. The values of `env` and `headers` are secrets. */
export type McpServerConfig = { name: string; approval: ApprovalPolicy } & (
  | {
      kind: 'stdio'
      command: string
      args: string[]
      env: Record<string, string>
      cwd: string | undefined
    }
  | HttpEntry
)

type HttpEntry = {
  kind: 'http'
  url: string
  headers: Record<string, string>
  /** Each person signs in by OAuth; absent when nobody does. */
  oauth?: OAuthConfig
}

/** A client that is registered already; else this server registers itself. */
type OAuthConfig = { clientId?: string; clientSecret?: string; scope?: string }

export type McpHttpConfig = Extract<McpServerConfig, { kind: 'http' }>

const text = z.string({ error: 'must be text.' }).min(1, { error: 'must not be empty.' })

const Entry = z
  .strictObject(
    {
      type: z
        .enum(['stdio', 'http', 'streamable-http'], { error: 'must be "stdio" or "http".' })
        .optional(),
      command: text.optional(),
      args: z.array(z.string({ error: 'must be text.' }), { error: 'must be a list.' }).optional(),
      env: z
        .record(z.string(), z.string({ error: 'must be text.' }), {
          error: 'must be an object of texts.',
        })
        .optional(),
      cwd: text.optional(),
      url: z.url({ protocol: /^https?$/, error: 'must be an http or https address.' }).optional(),
      headers: z
        .record(
          z.string().regex(/^[\w!#$%&'*+.^`|~-]+$/, { error: 'is no name of a header.' }),
          z
            .string({ error: 'must be text.' })
            .regex(/^[\t\x20-\x7e\x80-\xff]*$/, { error: 'must be one line of Latin text.' }),
          { error: 'must be an object of texts.' },
        )
        .optional(),
      oauth: z
        .union(
          [
            z.literal(true),
            z.strictObject({
              clientId: text.exactOptional(),
              clientSecret: text.exactOptional(),
              scope: text.exactOptional(),
            }),
          ],
          { error: 'must be true, or an object of "clientId", "clientSecret" and "scope".' },
        )
        .optional(),
      approval: z
        .enum(['never', 'writes', 'always'], { error: 'must be "never", "writes" or "always".' })
        .default('writes'),
    },
    { error: notAnObject },
  )
  .check(({ value, issues }) => {
    const problem = conflictIn(value)
    if (problem) issues.push({ code: 'custom', input: undefined, message: problem })
  })

/** `__` and a final `_` are not allowed, so that `server__tool` can be parsed unambiguously. */
const NAME = /^(?!.*__)(?!.*_$)[A-Za-z0-9_-]{1,32}$/
const NAME_RULE =
  'the name of a server is at most 32 letters, digits, "-" and single "_", and does not end in "_".'

const File = z.strictObject(
  {
    mcpServers: z.record(z.string().regex(NAME, { error: NAME_RULE }), Entry, {
      error: 'must be an object with an entry for each server.',
    }),
  },
  { error: notAnObject },
)

/**
 * Reads the file that `MCP_CONFIG` names.
 * @param path with null, nothing is read
 * @throws {ConfigError} with all problems; each is described by its path in the file and never by its value
 */
export async function readMcpConfig(path: string | null): Promise<McpServerConfig[]> {
  if (path === null) return []
  let json: string
  try {
    json = await readFile(path, 'utf8')
  } catch (error) {
    const code = error instanceof Error && 'code' in error ? String(error.code) : 'unknown'
    throw new ConfigError([`MCP_CONFIG: the file cannot be read (${code}).`])
  }
  return parseMcpConfig(json)
}

/** @see readMcpConfig */
export function parseMcpConfig(json: string): McpServerConfig[] {
  const parsed = File.safeParse(parseJson(json))
  if (!parsed.success) throw new ConfigError(parsed.error.issues.flatMap(describe))
  return Object.entries(parsed.data.mcpServers).map(([name, entry]) => {
    const { command, args = [], env = {}, cwd, url, headers = {}, oauth, approval } = entry
    return url === undefined
      ? { name, approval, kind: 'stdio', command: command ?? '', args, env, cwd }
      : {
          ...{ name, approval, kind: 'http' as const, url, headers },
          ...(oauth !== undefined && { oauth: oauth === true ? {} : oauth }),
        }
  })
}

function conflictIn(entry: {
  type?: string | undefined
  command?: string | undefined
  url?: string | undefined
  args?: unknown
  env?: unknown
  cwd?: unknown
  headers?: Record<string, string> | undefined
  oauth?: unknown
}): string | null {
  if ((entry.command === undefined) === (entry.url === undefined)) {
    return 'must have either "command" or "url".'
  }
  if (entry.type !== undefined && (entry.type === 'stdio') !== (entry.command !== undefined)) {
    return 'has a "type" that does not fit: "stdio" goes with "command", "http" with "url".'
  }
  if (entry.url !== undefined && (entry.args ?? entry.env ?? entry.cwd) !== undefined) {
    return '"args", "env" and "cwd" go with "command", not with "url".'
  }
  if (entry.command !== undefined && entry.headers !== undefined) {
    return '"headers" go with "url", not with "command".'
  }
  if (entry.oauth !== undefined && entry.url === undefined) return '"oauth" goes with "url".'
  if (
    entry.oauth !== undefined &&
    Object.keys(entry.headers ?? {}).some((name) => name.toLowerCase() === 'authorization')
  ) {
    return 'has "oauth" and a header "Authorization": only one of them can sign in.'
  }
  return null
}

/** The error message of JSON.parse quotes the text, which may contain secrets, so only the position is reported. */
function parseJson(json: string): unknown {
  try {
    return JSON.parse(json.replace(/^\uFEFF/, ''))
  } catch (error) {
    const position = /position (\d+)/.exec(error instanceof Error ? error.message : '')?.[1]
    const before = position === undefined ? [] : json.slice(0, Number(position)).split('\n')
    const place = position === undefined ? '' : ` (at line ${before.length})`
    throw new ConfigError([`MCP_CONFIG: the file is not valid JSON${place}.`])
  }
}

function describe(issue: z.core.$ZodIssue): string[] {
  const place = ['MCP_CONFIG', ...issue.path.map(String)].join('.').replace('.', ': ')
  if (issue.code === 'unrecognized_keys') {
    return issue.keys.map(
      (key) => `${place}${place.includes(':') ? '.' : ': '}${key}: is not known.`,
    )
  }
  const message = issue.code === 'invalid_key' ? (issue.issues[0]?.message ?? '') : issue.message
  return [`${place}: ${message}`]
}

function notAnObject({ code }: { code?: string | undefined }): string | undefined {
  return code === 'invalid_type' ? 'must be an object.' : undefined
}
