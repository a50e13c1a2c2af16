import { spawn, spawnSync } from 'node:child_process'
import type { ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import process from 'node:process'
import { setTimeout as delay } from 'node:timers/promises'
import { z } from 'zod'

/** The largest size of the image. */
const MOST_MB = 350
const PORT = 18_001
const URL = `http://127.0.0.1:${PORT}`

const Inspected = z.object({
  Docker: z.object({
    config: z.object({
      User: z.string(),
      Env: z.array(z.string()),
      Cmd: z.array(z.string()),
      WorkingDir: z.string(),
      StopSignal: z.enum(['SIGTERM']),
      Healthcheck: z.object({ Test: z.array(z.string()) }),
    }),
  }),
})
const Answer = z.object({
  messages: z.array(
    z.object({ role: z.string(), status: z.string(), parts: z.array(z.unknown()) }),
  ),
})

/** The started image, and ways to inspect it. */
type Started = { server: ChildProcess; isHealthy(): boolean; canWrite(): boolean }

/**
 * Starts what Buildah built as it is meant to run: its command, user and settings, on a root that cannot be written,
 * with `/tmp` in memory and `/data` of its own. Asks its health check, has a conversation, and ends it in the middle of an answer.
 * Podman starts it where it may; elsewhere a chroot in a mount namespace of its own stands in for it.
 *
 * @param buildah what each call of Buildah begins with
 * @throws what is not as it should be
 */
export async function tryImage(buildah: readonly string[], image: string): Promise<void> {
  const run = (...args: string[]): string => {
    const { stdout, status } = spawnSync('buildah', [...buildah, ...args], { encoding: 'utf8' })
    if (status !== 0) throw new Error(`buildah ${args[0]} failed`)
    return stdout.trim()
  }
  const size = run('images', '--format', '{{.Size}}', image)
  console.log(`The image has ${size}.`)
  if (!size.endsWith(' MB') || Number.parseFloat(size) > MOST_MB) {
    throw new Error(`the image has ${size}, and may have ${MOST_MB} MB`)
  }
  const { config } = Inspected.parse(JSON.parse(run('inspect', '--type', 'image', image))).Docker
  const refusal = refusalOfPodman(image)
  if (refusal === null) {
    console.log('Podman starts it.')
    return inPodman(image, config, converse)
  }
  console.log(`Podman does not start it, so that a chroot does: ${refusal}`)
  const container = run('from', '--pull-never', image)
  try {
    const started = startIn(run('mount', container), config)
    try {
      await converse(started)
    } finally {
      started.server.kill('SIGKILL')
    }
  } finally {
    run('rm', container)
  }
}

type Config = z.infer<typeof Inspected>['Docker']['config']

const SETTINGS = [`SERVER_PORT=${PORT}`, 'SERVER_HOST=127.0.0.1', 'AUTH_MODE=single']

/**
 * Within a container `crun` sets limits that are above those of the machine, and wants cgroups of one version: `runc` does
 * with what there is.
 */
function podman(...args: string[]): string[] {
  return ['--runtime', 'runc', '--storage-driver', 'vfs', ...args]
}

function howToRun(): string[] {
  return [
    ...['--rm', '--pull=never', '--network=host', '--no-healthcheck'],
    ...['--ulimit=nofile=16384:16384', '--ulimit=nproc=4096:4096'],
    // `/data` is a volume by what the image says, and goes with the container.
    ...['--read-only', '--tmpfs=/tmp'],
  ]
}

/** @returns why it does not run here; null where it does */
function refusalOfPodman(image: string): string | null {
  const tried = spawnSync('podman', podman('run', ...howToRun(), image, 'true'), {
    encoding: 'utf8',
    timeout: 120_000,
  })
  if (tried.error) return tried.error.message
  return tried.status === 0 ? null : (tried.stderr.trim().split('\n').at(-1) ?? 'it says nothing')
}

async function inPodman(
  image: string,
  { User, WorkingDir, Healthcheck }: Config,
  work: (started: Started) => Promise<void>,
): Promise<void> {
  requireNobody(User)
  const name = `throughline-${process.pid}`
  const inside = (...args: string[]): boolean =>
    spawnSync('podman', podman(...args), { stdio: 'ignore', timeout: 30_000 }).status === 0
  const settings = SETTINGS.flatMap((one) => ['--env', one])
  const server = spawn('podman', podman('run', '--name', name, ...howToRun(), ...settings, image), {
    stdio: ['ignore', 'ignore', 'inherit'],
  })
  try {
    await work({
      server,
      // Podman's own asks systemd.
      isHealthy: () => inside('exec', name, ...checkOf(Healthcheck)),
      canWrite: () => inside('exec', name, 'touch', `${WorkingDir}/written`),
    })
  } finally {
    inside('rm', '--force', '--ignore', name)
  }
}

function checkOf({ Test: [kind, ...check] }: Config['Healthcheck']): string[] {
  if (kind !== 'CMD') throw new Error(`the health check is of the kind ${kind}`)
  return check
}

function requireNobody(user: string): void {
  if (!/^[1-9]\d*:[1-9]\d*$/.test(user)) throw new Error(`the image runs as ${user}`)
}

function startIn(root: string, { User, Env, Cmd, WorkingDir, Healthcheck }: Config): Started {
  requireNobody(User)
  const inside = (command: readonly string[]): string[] => [
    ...['--mount', 'sh', '-c', MOUNTS, root, User],
    ...['/usr/bin/env', '-i', `--chdir=${WorkingDir}`, ...Env, ...SETTINGS, ...command],
  ]
  const run = (command: readonly string[]): number | null =>
    spawnSync('unshare', inside(command), { stdio: 'ignore', timeout: 30_000 }).status
  const check = checkOf(Healthcheck)
  return {
    server: spawn('unshare', inside(Cmd), { stdio: ['ignore', 'ignore', 'inherit'] }),
    isHealthy: () => run(check) === 0,
    canWrite: () => run(['touch', `${WorkingDir}/written`]) === 0,
  }
}

/** The root's path and the user are the arguments; the shell becomes the command, so that signals reach it. */
const MOUNTS = `set -e
mount --bind "$0" "$0"
mount -o remount,ro,bind "$0"
for one in tmp data; do mount -t tmpfs -o mode=1777 tmpfs "$0/$one"; done
mount --rbind /dev "$0/dev"
mount -t proc proc "$0/proc"
user=$1
shift
exec chroot --userspec="$user" "$0" "$@"`

async function converse({ server, isHealthy, canWrite }: Started): Promise<void> {
  const exited = once(server, 'exit')
  for (let tries = 0; !isHealthy(); tries += 1) {
    if (tries === 60 || server.exitCode !== null) throw new Error('its health check never succeeds')
    await delay(1_000)
  }
  console.log('Its health check succeeds.')
  if (canWrite()) throw new Error('its root can be written')
  const { id } = z.object({ id: z.string() }).parse(await ask('/api/session', {}))
  const messages = `/api/session/${id}/messages`
  await ask(messages, { text: 'Hello' })
  for (let tries = 0; ; tries += 1) {
    const answer = Answer.parse(await ask(messages)).messages.at(-1)
    if (answer?.role === 'assistant' && answer.status === 'completed') break
    if (tries === 300) throw new Error('no answer is completed')
    await delay(200)
  }
  console.log('It has a conversation.')
  await ask(messages, { text: 'Tell me everything about the weather.' })
  server.kill('SIGTERM')
  const [status]: unknown[] = await Promise.race([exited, delay(60_000, ['nothing'])])
  if (status !== 0) throw new Error(`it ended with ${String(status)} at SIGTERM`)
  console.log('It ends in order in the middle of an answer.')
}

async function ask(path: string, body?: unknown): Promise<unknown> {
  const answer = await fetch(`${URL}${path}`, {
    ...(body !== undefined && {
      ...{ method: 'POST', body: JSON.stringify(body) },
      headers: { 'content-type': 'application/json' },
    }),
  })
  if (!answer.ok) throw new Error(`${path}: ${answer.status}`)
  return answer.json()
}
