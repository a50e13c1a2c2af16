// Builds the image of the Dockerfile: by Docker where it runs, else by Buildah, and then also where no registry of images
// can be reached, on base images of the names that the Dockerfile asks for, made of Debian's packages and the project's own
// Node. Afterwards it starts the image and asks it, as HEALTHCHECK does. Says why when it can do neither.
//   node scripts/build-image.ts
import { spawn, spawnSync } from 'node:child_process'
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
import { setTimeout as delay } from 'node:timers/promises'
import { findOrInstall } from './testing/debian-program.ts'

const IMAGE = 'throughline'
const DEBIAN = 'docker.io/library/debian:bookworm-slim'
const NODE = 'docker.io/library/node:26-bookworm-slim'
/** Chroots instead of namespaces, and copies instead of an overlay: what works inside of a container too. */
const BUILDAH = ['--storage-driver', 'vfs']
const CHROOT = ['--isolation', 'chroot']

if (spawnSync('docker', ['info'], { stdio: 'ignore' }).status === 0) {
  run('docker', ['build', '--tag', IMAGE, '.'])
} else {
  const [buildah, debootstrap] = [findOrInstall('buildah'), findOrInstall('debootstrap')]
  if ('missing' in buildah) fail(buildah.missing)
  if ('missing' in debootstrap) fail(debootstrap.missing)
  if (!has(NODE)) makeBases(debootstrap.path)
  run('buildah', [
    ...BUILDAH,
    'build',
    ...CHROOT,
    '--pull-never',
    '--format',
    'docker',
    '--tag',
    IMAGE,
    '.',
  ])
  await tryIt()
}

function has(image: string): boolean {
  return spawnSync('buildah', [...BUILDAH, 'inspect', '--type', 'image', image]).status === 0
}

function makeBases(debootstrap: string): void {
  const folder = mkdtempSync(join(tmpdir(), 'debian-'))
  chmodSync(folder, 0o755)
  try {
    run(debootstrap, ['--variant=minbase', 'bookworm', folder])
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

/** Starts the server in the image as its user, with a database in memory, until it says that it is alive. */
async function tryIt(): Promise<void> {
  const size = output('buildah', [...BUILDAH, 'images', '--format', '{{.Size}}', IMAGE])
  console.log(`The image has ${size}.`)
  const container = output('buildah', [...BUILDAH, 'from', '--pull-never', IMAGE])
  const settings = [
    'SERVER_HOST=127.0.0.1',
    'SERVER_PORT=18001',
    'AUTH_MODE=single',
    'DATA_DIR=memory:',
  ]
  const inside = [
    ...BUILDAH,
    'run',
    ...CHROOT,
    ...settings.flatMap((one) => ['--env', one]),
    container,
  ]
  const server = spawn('buildah', [...inside, 'node', 'server/main.ts'], {
    // What Buildah says when it is ended is its own affair.
    stdio: ['ignore', 'inherit', 'ignore'],
  })
  try {
    for (let tries = 0; ; tries += 1) {
      const { status } = spawnSync('buildah', [...inside, 'node', 'scripts/healthcheck.ts'])
      if (status === 0) break
      if (tries === 30 || server.exitCode !== null) fail('the server in the image does not answer')
      await delay(1_000)
    }
    console.log('The server in the image is alive.')
  } finally {
    server.kill('SIGTERM')
    spawnSync('buildah', [...BUILDAH, 'rm', container])
  }
}

function run(command: string, args: string[]): void {
  const { status } = spawnSync(command, args, { stdio: 'inherit' })
  if (status !== 0) fail(`${command} ${args[2] ?? ''} failed`)
}

function output(command: string, args: string[]): string {
  const { stdout, status } = spawnSync(command, args, { encoding: 'utf8' })
  if (status !== 0) fail(`${command} ${args[2] ?? ''} failed`)
  return stdout.trim()
}

function fail(why: string): never {
  console.error(`The image cannot be built or tried here: ${why}.`)
  process.exit(1)
}
