// Builds the image of the Dockerfile: by Docker where it runs, else by Buildah, and then also where no registry of images
// can be reached, on base images of the names that the Dockerfile asks for, made of Debian's packages and the project's own
// Node. Afterwards it starts what Buildah built, and has a conversation with it (scripts/deploy/try-image.ts). Says why when it
// can do neither.
//   node scripts/deploy/build-image.ts [--try]      with --try an image that is there is not built again
import { spawnSync } from 'node:child_process'
import process from 'node:process'
import { BUILDAH, IMAGE, buildImage } from './images/base-images.ts'
import { findOrInstall } from '../testing/debian-program.ts'

try {
  if (spawnSync('docker', ['info'], { stdio: 'ignore' }).status === 0) {
    const { status } = spawnSync('docker', ['build', '--tag', IMAGE, '.'], { stdio: 'inherit' })
    if (status !== 0) throw new Error('docker build failed')
  } else {
    if (!process.argv.includes('--try')) buildImage()
    // The building needs none of the project's packages; the trial does.
    // Without Podman and runc a chroot stands in.
    findOrInstall('podman')
    findOrInstall('runc')
    const { tryImage } = await import('./try-image.ts').catch(() => {
      throw new Error('it is built; to try it, run npm ci and then this with --try')
    })
    await tryImage(BUILDAH, IMAGE)
  }
} catch (error) {
  const why = error instanceof Error ? error.message : String(error)
  console.error(`The image cannot be built or tried here: ${why}.`)
  process.exitCode = 1
}
