import { readFile, writeFile } from 'node:fs/promises'
import process from 'node:process'
import { expect, test } from 'vitest'
import { startServer, temporaryFolder } from '../../scripts/testing/server-process.ts'
import { residentMemory } from '../measure/proc.ts'
import { download, upload } from './send-files.ts'

/** `npm run test:long` sends files of the largest size that is allowed. */
const MEGABYTES = process.env.LONG === '1' ? 25 : 2
const BYTES = MEGABYTES * 1024 * 1024
const FILES = 20

test(`the server takes less than 60 MiB more while ${FILES} files of ${MEGABYTES} MB go in and out at once (P16)`, async () => {
  await using folder = await temporaryFolder()
  await using server = await startServer({ DATA_DIR: folder.path })
  const pid = server.process.pid ?? 0
  const idOf = ({ pathname }: URL) => pathname.split('/').at(-1) ?? ''
  const send = async (): Promise<void> => {
    const sent = await upload(`${server.url}/api/files/uploads`, BYTES)
    await download(`${server.url}/api/files/${idOf(sent)}`, BYTES)
  }
  // What is loaded with the first files, and the threads that look at them, is no memory of files.
  await Promise.all([send(), send(), send(), send()])
  const before = await residentMemory(pid)
  // The kernel begins to look for the highest anew (proc(5)).
  await writeFile(`/proc/${pid}/clear_refs`, '5')
  await Promise.all(Array.from({ length: FILES }, send))
  const { highest } = await residentMemory(pid)
  const grown = (highest - before.now) / 2 ** 20
  console.log(`${FILES} files of ${MEGABYTES} MB at once: ${grown.toFixed(0)} MiB more`)
  expect(grown).toBeLessThan(60)
  // Where the kernel has no such count, the comparison above would be of nothing.
  expect(await readFile(`/proc/${pid}/status`, 'utf8')).toMatch(/VmHWM:\s+\d+/)
}, 600_000)
