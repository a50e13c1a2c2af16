import { spawnSync } from 'node:child_process'
import process from 'node:process'
import { z } from 'zod'
import { composeSet, root } from './compose-settings.ts'
import { waitFor } from './set.ts'
import type { RunningSet, Tell } from './set.ts'

/** A container engine, and the command of its Compose. */
export type Engine = { program: string; compose: readonly string[] }

const PROJECT = ['--project-name', 'throughline-try']
/** The certificate of the authority with which Caddy's image signs. */
const AUTHORITY = '/data/caddy/pki/authorities/local/root.crt'

const State = z.object({
  ExitCode: z.number(),
  Health: z.object({ Status: z.string() }).optional(),
})

/** The container engine that runs on this machine and supports Compose; null without one. */
export function findEngine(): Engine | null {
  for (const program of ['docker', 'podman']) {
    const answers = (command: string, args: string[]): boolean =>
      spawnSync(command, args, { stdio: 'ignore', timeout: 60_000 }).status === 0
    if (!answers(program, ['info'])) continue
    if (answers(program, ['compose', 'version'])) return { program, compose: [program, 'compose'] }
    // Debian's package, which is a program of its own.
    if (program === 'docker' && answers('docker-compose', ['version'])) {
      return { program, compose: ['docker-compose'] }
    }
  }
  return null
}

/**
 * Starts compose.yaml as it is, but on loopback ports only. Its volumes are removed at the end.
 *
 * @param options with `build`, the image is built first; otherwise the engine has it already
 */
export async function startContainers(
  engine: Engine,
  { build }: { build: boolean },
  tell: Tell,
): Promise<RunningSet> {
  const [program = '', ...first] = engine.compose
  const execute = (command: string, args: string[], stdio: 'inherit' | 'pipe' = 'pipe') =>
    spawnSync(command, args, {
      cwd: root,
      encoding: 'utf8',
      stdio: ['ignore', stdio, stdio],
      env: { ...process.env, HTTP_PORT: '127.0.0.1:80', HTTPS_PORT: '127.0.0.1:443' },
    })
  const compose = (args: string[], stdio: 'inherit' | 'pipe' = 'pipe'): string => {
    const { status, stdout, stderr } = execute(program, [...first, ...PROJECT, ...args], stdio)
    if (status !== 0) {
      throw new Error(`${engine.compose.join(' ')} ${args[0]} failed: ${stderr ?? ''}`)
    }
    return stdout ?? ''
  }
  const stateOf = (node: string): z.infer<typeof State> => {
    // `ps` of Compose leaves out what has ended; the container's name has the project's and the service's.
    const filter = ['--filter', `name=throughline-try[-_]${node}[-_]`]
    const id = execute(engine.program, ['ps', '--all', '--quiet', ...filter]).stdout.trim()
    const { stdout } = execute(engine.program, ['inspect', '--format', '{{json .State}}', id])
    return State.parse(JSON.parse(stdout))
  }
  /** Runs a command in the container of a node; null when it fails. */
  const inside = (node: string, command: string[]): string | null => {
    const args = [...first, ...PROJECT, 'exec', '-T', node, ...command]
    const { status, stdout } = execute(program, args)
    return status === 0 ? stdout.trim() : null
  }

  await using opened = new AsyncDisposableStack()
  spawnSync(process.execPath, ['scripts/make-secrets.ts'], { cwd: root, stdio: 'ignore' })
  opened.defer(() => void compose(['down', '--volumes', '--timeout', '30']))
  const up = ['up', ...(build ? ['--build'] : []), '--detach']
  tell(
    `${engine.compose.join(' ')} ${up.join(' ')}${build ? ' (at first this takes minutes)' : ''}`,
  )
  compose(up, 'inherit')
  const { nodes, port } = composeSet('localhost')
  const names = Object.keys(nodes)
  const authority = await waitFor('the certificate of the proxy', () =>
    inside('proxy', ['cat', AUTHORITY]),
  )
  const resources = opened.move()
  return {
    url: 'https://localhost',
    authority,
    nodes: names,
    output: async (node) => compose(['logs', '--no-log-prefix', node]),
    // The ports of the nodes are not published, so the request is made inside the container.
    ask: async (node, path, token) =>
      JSON.parse(compose(['exec', '-T', node, 'node', '-e', QUESTION, `${port}${path}`, token])),
    kill: async (node) => void compose(['kill', '-s', 'SIGKILL', node]),
    end: async (node) => {
      compose(['stop', '--timeout', '30', node])
      return stateOf(node).ExitCode
    },
    start: async (node) => void compose(['start', node]),
    inspect: async (inspected) => {
      for (const node of names) {
        const user = inside(node, ['node', '-p', 'process.getuid()'])
        if (user !== '10001') throw new Error(`${node} runs as the user ${user}`)
        if (inside(node, ['node', 'scripts/transcripts.ts']) === null) {
          throw new Error(`the commands of the runbook do not run in ${node}`)
        }
        if (inside(node, ['touch', '/app/written']) !== null) {
          throw new Error(`the root of ${node} can be written`)
        }
        await waitFor(`the health of ${node}`, () =>
          stateOf(node).Health?.Status === 'healthy' ? true : null,
        )
      }
      inspected('Each node runs as the user 10001, cannot write its root, and is healthy')
    },
    [Symbol.asyncDispose]: () => resources.disposeAsync(),
  }
}

const QUESTION = `const [place, token] = process.argv.slice(1)
fetch('http://127.0.0.1:' + place, { headers: { authorization: 'Bearer ' + token } })
  .then((answer) => answer.text()).then(console.log)`
