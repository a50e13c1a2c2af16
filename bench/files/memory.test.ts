import { readFile, writeFile } from 'node:fs/promises'
import process from 'node:process'
import { expect, test } from 'vitest'
import { startServer, temporaryFolder } from '../../scripts/testing/server-process.ts'
import { residentMemory } from '../measure/proc.ts'
import { download, upload } from './send-files.ts'

/** `npm run test:long` sends files of the largest size that is allowed. */
const MEGABYTES = process.env.LONG === '1' ? 25 : 8
/** Less than half of what the files are. */
const BOUND = 60
const FILES = 20

test(`the server takes less than ${BOUND} MiB more while ${FILES} files of ${MEGABYTES} MB go in and out at once than for one (P16)`, async () => {
  await using folder = await temporaryFolder()
  await using server = await startServer({ DATA_DIR: folder.path })
  const pid = server.process.pid ?? 0
  const idOf = ({ pathname }: URL) => pathname.split('/').at(-1) ?? ''
  const send = async (megabytes: number): Promise<void> => {
    const bytes = megabytes * 2 ** 20
    const sent = await upload(`${server.url}/api/files/uploads`, bytes)
    await download(`${server.url}/api/files/${idOf(sent)}`, bytes)
  }
  const sendAll = (megabytes: number) =>
    Promise.all(Array.from({ length: FILES }, () => send(megabytes)))
  // The same number of small files: the memory of requests and of the threads that inspect files is not that of files.
  await sendAll(0.25)
  const highestWhile = async (sending: () => Promise<unknown>): Promise<number> => {
    // The kernel begins to look for the highest anew (proc(5)).
    await writeFile(`/proc/${pid}/clear_refs`, '5')
    await sending()
    return (await residentMemory(pid)).highest
  }
  // Neither is garbage: V8 lets up to 64 MiB of buffers gather, however few are in use. Files one by one leave as much.
  const oneByOne = await highestWhile(async () => {
    for (let file = 0; file < FILES / 2; file += 1) {
      await send(MEGABYTES)
    }
  })
  const atOnce = await highestWhile(() => sendAll(MEGABYTES))
  const grown = (atOnce - oneByOne) / 2 ** 20
  console.log(`${FILES} files of ${MEGABYTES} MB at once: ${grown.toFixed(0)} MiB more`)
  expect(grown).toBeLessThan(BOUND)
  // Where the kernel has no such count, the comparison above would be of nothing.
  expect(await readFile(`/proc/${pid}/status`, 'utf8')).toMatch(/VmHWM:\s+\d+/)
}, 600_000)
