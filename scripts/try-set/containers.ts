import { spawnSync } from 'node:child_process'
import process from 'node:process'
import { composeSet, root } from './compose-settings.ts'
import type { RunningSet, Tell } from './set.ts'

const PROJECT = ['--project-name', 'throughline-try']
/** Where Caddy's image keeps what it signs certificates with. */
const AUTHORITY = '/data/caddy/pki/authorities/local/root.crt'

/** The command of an engine that runs here and knows Compose; null without one. */
export function findEngine(): string[] | null {
  for (const engine of ['docker', 'podman']) {
    const answers = (args: string[]): boolean =>
      spawnSync(engine, args, { stdio: 'ignore', timeout: 60_000 }).status === 0
    if (answers(['info']) && answers(['compose', 'version'])) return [engine, 'compose']
  }
  return null
}

/** Builds and starts compose.yaml as it is. What it keeps is removed at its end. */
export async function startContainers(engine: string[], tell: Tell): Promise<RunningSet> {
  const [program = '', ...first] = engine
  const compose = (args: string[], stdio: 'inherit' | 'pipe' = 'pipe'): string => {
    const { status, stdout, stderr } = spawnSync(program, [...first, ...PROJECT, ...args], {
      cwd: root,
      encoding: 'utf8',
      stdio: ['ignore', stdio, stdio],
    })
    if (status !== 0) throw new Error(`${engine.join(' ')} ${args[0]} failed: ${stderr ?? ''}`)
    return stdout ?? ''
  }
  await using opened = new AsyncDisposableStack()
  spawnSync(process.execPath, ['scripts/make-secrets.ts'], { cwd: root, stdio: 'ignore' })
  opened.defer(() => void compose(['down', '--volumes', '--timeout', '30']))
  tell(`${engine.join(' ')} up --build (the first time this takes minutes)`)
  compose(['up', '--build', '--detach', '--wait'], 'inherit')
  const { nodes, port } = composeSet('localhost')
  const authority = compose(['exec', '-T', 'proxy', 'cat', AUTHORITY])
  const resources = opened.move()
  return {
    url: 'https://localhost',
    authority,
    nodes: Object.keys(nodes),
    output: async (node) => compose(['logs', '--no-log-prefix', node]),
    // The nodes' ports are not published: a node asks itself.
    ask: async (node, path, token) =>
      JSON.parse(compose(['exec', '-T', node, 'node', '-e', QUESTION, `${port}${path}`, token])),
    kill: async (node) => void compose(['kill', '--signal', 'SIGKILL', node]),
    [Symbol.asyncDispose]: () => resources.disposeAsync(),
  }
}

const QUESTION = `const [place, token] = process.argv.slice(1)
fetch('http://127.0.0.1:' + place, { headers: { authorization: 'Bearer ' + token } })
  .then((answer) => answer.text()).then(console.log)`
