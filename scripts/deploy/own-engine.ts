import { spawn, spawnSync } from 'node:child_process'
import { once } from 'node:events'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import process from 'node:process'
import {
  IMAGE,
  STAND_INS,
  buildImage,
  hasImage,
  makeStandIns,
  saveImage,
} from './images/base-images.ts'
import { findOrInstall } from '../testing/debian-program.ts'
import { root } from './compose-settings.ts'
import type { Engine } from './containers.ts'
import { waitFor } from './set.ts'
import type { Tell } from './set.ts'

/** The argument with which the script is started again inside the namespaces. */
export const IN_NAMESPACES = '--in-namespaces'

/**
 * The engine, its containers, and whoever talks to them have a network, processes and mounts of their own. Its bridge and
 * rules of the firewall do not touch the machine's, its ports 80 and 443 are not the machine's, no other machine can be
 * reached from it, and all of it ends with its first process.
 */
const NAMESPACES = ['--net', '--mount', '--pid', '--fork', '--kill-child', '--mount-proc']

/**
 * Starts the script again in namespaces with an engine of its own, with the image that scripts/deploy/build-image.ts built last
 * and stand-ins for the others of compose.yaml. Sets the exit status of this process.
 *
 * @returns why that is not possible here; null when it was done
 */
export function runInNamespaces(args: readonly string[]): string | null {
  if (process.platform !== 'linux' || process.getuid?.() !== 0) {
    return 'without an engine that runs, only root on Linux can start one'
  }
  for (const [program, debianPackage] of [
    ['dockerd', 'docker.io'],
    ['docker-compose', 'docker-compose'],
    ['ip', 'iproute2'],
  ] as const) {
    const found = findOrInstall(program, debianPackage)
    if ('missing' in found) return found.missing
  }
  const tried = spawnSync('unshare', [...NAMESPACES, 'ip', 'link', 'set', 'lo', 'up'], {
    encoding: 'utf8',
  })
  if (tried.status !== 0) return `namespaces are refused (${(tried.stderr ?? '').trim()})`
  try {
    if (!hasImage(IMAGE)) buildImage()
    makeStandIns()
  } catch (error) {
    return error instanceof Error ? error.message : String(error)
  }
  const command = [process.execPath, 'scripts/deploy/try-set.ts', IN_NAMESPACES, ...args]
  const { status } = spawnSync('unshare', [...NAMESPACES, ...command], {
    cwd: root,
    stdio: 'inherit',
  })
  process.exitCode = status ?? 1
  return null
}

/**
 * Starts Docker's engine in a temporary folder, and hands it the images. To be called inside the namespaces.
 *
 * @throws with what the engine said, when it does not start here
 */
export async function startEngine(tell: Tell): Promise<Engine & AsyncDisposable> {
  // The first process of a namespace ignores it otherwise.
  process.once('SIGINT', () => process.exit(130))
  spawnSync('ip', ['link', 'set', 'lo', 'up'])
  const folder = await mkdtemp(join(tmpdir(), 'engine-'))
  const host = `unix://${folder}/socket`
  const places = ['--data-root', join(folder, 'data'), '--exec-root', join(folder, 'run')]
  const engine = spawn('dockerd', ['--host', host, '--pidfile', join(folder, 'pid'), ...places], {
    stdio: ['ignore', 'ignore', 'pipe'],
  })
  const exited = once(engine, 'exit')
  let output = ''
  engine.stderr.setEncoding('utf8').on('data', (text: string) => {
    output = (output + text).slice(-10_000)
  })
  const end = async (): Promise<void> => {
    if (engine.exitCode === null && engine.signalCode === null) {
      engine.kill('SIGTERM')
      await exited
    }
    await rm(folder, { recursive: true, force: true })
  }
  process.env.DOCKER_HOST = host
  const docker = (args: string[]): boolean =>
    spawnSync('docker', args, { stdio: 'ignore', timeout: 120_000 }).status === 0
  try {
    await waitFor('the start of the engine', () => {
      if (engine.exitCode !== null) throw new Error('it has ended')
      return docker(['info']) ? true : null
    })
    tell('Started an engine in namespaces of its own')
    for (const image of [IMAGE, ...Object.keys(STAND_INS)]) {
      const file = join(folder, 'image.tar')
      saveImage(image, file)
      if (!docker(['load', '--input', file])) throw new Error(`${image} could not be loaded`)
      await rm(file)
      tell(`Loaded ${image}`)
    }
  } catch (error) {
    await end()
    throw new Error(
      `Docker's engine does not run here: ${output.split('\n').slice(-5).join('\n')}`,
      {
        cause: error,
      },
    )
  }
  return { program: 'docker', compose: ['docker-compose'], [Symbol.asyncDispose]: end }
}
