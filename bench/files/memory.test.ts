import { readFile, writeFile } from 'node:fs/promises'
import process from 'node:process'
import { expect, test } from 'vitest'
import { startServer, temporaryFolder } from '../../scripts/testing/server-process.ts'
import { residentMemory } from '../measure/proc.ts'
import { download, upload } from './send-files.ts'

/**
 * `npm run test:long` sends files of the largest size that is allowed, and asks for what P16 promises. With smaller
 * files the garbage that V8 has not collected yet is most of what grows, and differs with the load of the machine: the
 * bound is then half of what the files are.
 */
const [MEGABYTES, BOUND] = process.env.LONG === '1' ? [25, 60] : [8, 80]
const FILES = 20

test(`the server takes less than ${BOUND} MiB more while ${FILES} files of ${MEGABYTES} MB go in and out at once (P16)`, async () => {
  await using folder = await temporaryFolder()
  await using server = await startServer({ DATA_DIR: folder.path })
  const pid = server.process.pid ?? 0
  const idOf = ({ pathname }: URL) => pathname.split('/').at(-1) ?? ''
  const sendAll = async (megabytes: number): Promise<void> => {
    const bytes = megabytes * 2 ** 20
    const send = async (): Promise<void> => {
      const sent = await upload(`${server.url}/api/files/uploads`, bytes)
      await download(`${server.url}/api/files/${idOf(sent)}`, bytes)
    }
    await Promise.all(Array.from({ length: FILES }, send))
  }
  // The same number of small files: the memory of requests and of the threads that inspect files is not that of files.
  await sendAll(0.25)
  const before = await residentMemory(pid)
  // The kernel begins to look for the highest anew (proc(5)).
  await writeFile(`/proc/${pid}/clear_refs`, '5')
  await sendAll(MEGABYTES)
  const { highest } = await residentMemory(pid)
  const grown = (highest - before.now) / 2 ** 20
  console.log(`${FILES} files of ${MEGABYTES} MB at once: ${grown.toFixed(0)} MiB more`)
  expect(grown).toBeLessThan(BOUND)
  // Where the kernel has no such count, the comparison above would be of nothing.
  expect(await readFile(`/proc/${pid}/status`, 'utf8')).toMatch(/VmHWM:\s+\d+/)
}, 600_000)
