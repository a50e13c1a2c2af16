import { spawnSync } from 'node:child_process'
import {
  chmodSync,
  copyFileSync,
  cpSync,
  mkdtempSync,
  realpathSync,
  rmSync,
  symlinkSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import process from 'node:process'
import { findOrInstall } from '../../testing/debian-program.ts'

export const IMAGE = 'throughline'
const DEBIAN = 'docker.io/library/debian:bookworm-slim'
const NODE = 'docker.io/library/node:26-bookworm-slim'
/** The other images of compose.yaml, and the Dockerfiles of what stands in for them. */
export const STAND_INS: Record<string, string> = {
  'docker.io/library/postgres:18': 'scripts/deploy/images/postgres.Dockerfile',
  'docker.io/library/caddy:2': 'scripts/deploy/images/caddy.Dockerfile',
}
/** Copies instead of an overlay, and chroots instead of namespaces: these work inside a container too. */
export const BUILDAH = ['--storage-driver', 'vfs']
const BUILD = ['build', '--isolation', 'chroot', '--pull-never', '--format', 'docker']

/**
 * Builds the image with Buildah, on base images that are made first where they are missing.
 *
 * @throws the reason why it cannot be built here
 */
export function buildImage(): void {
  requireBuildah()
  if (!hasImage(NODE)) makeBases()
  run('buildah', [...BUILDAH, ...BUILD, '--tag', IMAGE, '.'])
}

/**
 * Makes images of the names that compose.yaml asks for, from Debian's packages, where they are missing: no registry is
 * needed for them. They have Debian's Postgres and Caddy, whatever versions the names say.
 *
 * @throws the reason why they cannot be made here
 */
export function makeStandIns(): void {
  requireBuildah()
  if (!hasImage(DEBIAN)) makeBases()
  for (const [image, file] of Object.entries(STAND_INS)) {
    if (hasImage(image)) continue
    run('buildah', [...BUILDAH, ...BUILD, '--tag', image, '--file', file, 'scripts/deploy/images'])
  }
}

/** True when Buildah has an image of this name. */
export function hasImage(image: string): boolean {
  return spawnSync('buildah', [...BUILDAH, 'inspect', '--type', 'image', image]).status === 0
}

/** Writes an image of Buildah's into a file that `docker load` reads. */
export function saveImage(image: string, file: string): void {
  // Docker knows images of its own registry by their short names.
  const name = image.replace('docker.io/library/', '')
  const target = `docker-archive:${file}:${name.includes(':') ? name : `${name}:latest`}`
  run('buildah', [...BUILDAH, 'push', '--quiet', image, target])
}

function requireBuildah(): void {
  const buildah = findOrInstall('buildah')
  if ('missing' in buildah) throw new Error(buildah.missing)
}

/** Makes the images that the Dockerfile begins with, from Debian's packages and the project's own Node. */
function makeBases(): void {
  const debootstrap = findOrInstall('debootstrap')
  if ('missing' in debootstrap) throw new Error(debootstrap.missing)
  const folder = mkdtempSync(join(tmpdir(), 'debian-'))
  chmodSync(folder, 0o755)
  try {
    run(debootstrap.path, ['--variant=minbase', 'bookworm', folder])
    for (const waste of [
      'var/lib/apt/lists',
      'var/cache/apt',
      'usr/share/doc',
      'usr/share/man',
      'usr/share/locale',
    ]) {
      rmSync(join(folder, waste), { recursive: true, force: true })
    }
    commit(folder, DEBIAN)
    copyFileSync(process.execPath, join(folder, 'usr/local/bin/node'))
    chmodSync(join(folder, 'usr/local/bin/node'), 0o755)
    // npm's own program is in its folder bin.
    const npm = dirname(dirname(realpathSync(output('sh', ['-c', 'command -v npm']))))
    cpSync(npm, join(folder, 'usr/local/lib/node_modules/npm'), {
      recursive: true,
      dereference: true,
    })
    symlinkSync('../lib/node_modules/npm/bin/npm-cli.js', join(folder, 'usr/local/bin/npm'))
    // As the image of that name has it.
    const library = output('sh', [
      '-c',
      `ldd ${process.execPath} | grep -o '/[^ ]*libatomic[^ ]*' || true`,
    ])
    if (library !== '') copyFileSync(library, join(folder, 'usr/local/lib/libatomic.so.1'))
    spawnSync('chroot', [folder, 'ldconfig'])
    // A network may have an authority of its own, which this machine knows. Of these images nothing is published.
    const authorities = process.env.NODE_EXTRA_CA_CERTS
    if (authorities) copyFileSync(authorities, join(folder, 'usr/local/share/authorities.pem'))
    commit(
      folder,
      NODE,
      authorities ? ['NODE_EXTRA_CA_CERTS=/usr/local/share/authorities.pem'] : [],
    )
  } finally {
    rmSync(folder, { recursive: true, force: true })
  }
}

/** @param env variables of the image */
function commit(folder: string, image: string, env: string[] = []): void {
  const container = output('buildah', [...BUILDAH, 'from', 'scratch'])
  run('buildah', [...BUILDAH, 'copy', '--quiet', container, folder, '/'])
  for (const one of env) run('buildah', [...BUILDAH, 'config', '--env', one, container])
  run('buildah', [...BUILDAH, 'commit', '--quiet', '--format', 'docker', '--rm', container, image])
}

function run(command: string, args: string[]): void {
  const { status } = spawnSync(command, args, { stdio: ['ignore', 'inherit', 'inherit'] })
  if (status !== 0) throw new Error(`${command} ${args[2] ?? ''} failed`)
}

function output(command: string, args: string[]): string {
  const { stdout, status } = spawnSync(command, args, { encoding: 'utf8' })
  if (status !== 0) throw new Error(`${command} ${args[2] ?? ''} failed`)
  return stdout.trim()
}
