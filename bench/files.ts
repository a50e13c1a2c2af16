import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { writeFile } from 'node:fs/promises'
import process from 'node:process'
import { createInterface } from 'node:readline'
import { fileURLToPath } from 'node:url'
import { download, upload } from './files/send-files.ts'
import { residentMemory } from './measure/proc.ts'
import { formatTable } from './measure/table.ts'
import { temporaryFolder } from '../scripts/testing/server-process.ts'
import type { Options } from './options.ts'
import { startServer } from './server/started-server.ts'

const BARE = fileURLToPath(new URL('files/bare-server.ts', import.meta.url))
const FILES = 20
const BYTES = 25 * 1024 * 1024
const AT_ONCE = 4
const MEBIBYTE = 2 ** 20

/** MiB a second in one round. */
type Round = { upload: number; download: number }

/** A server to which files are uploaded, and from which they are downloaded. */
type Place = {
  uploads: string
  /** The download address of an upload. */
  read(upload: URL): string
  [Symbol.asyncDispose](): Promise<void>
}

/**
 * Uploads by tus and downloads over loopback, beside bare servers in the same run; and the memory of the server while 20
 * files of 25 MB go in and out at once.
 */
export async function benchFiles({ repeat }: Options) {
  await using opened = new AsyncDisposableStack()
  const folder = opened.use(await temporaryFolder())
  const server = opened.use(await startServer({ DATA_DIR: folder.path }))
  const own: Place = {
    uploads: `${server.url}/api/files/uploads`,
    read: (url) => `${server.url}/api/files/${idOf(url)}`,
    [Symbol.asyncDispose]: async () => undefined,
  }
  const pid = server.process.pid ?? 0
  await round(own, 2)
  const before = await residentMemory(pid)
  // Resets the peak that the kernel records.
  await writeFile(`/proc/${pid}/clear_refs`, '5')
  await round(own, FILES, FILES)
  const memory = {
    before: before.now / MEBIBYTE,
    highest: (await residentMemory(pid)).highest / MEBIBYTE,
  }

  const bare = opened.use(await startBare())
  await round(bare, 2)
  const rounds: { own: Round; bare: Round }[] = []
  for (let done = 0; done < repeat; done += 1) {
    rounds.push({ own: await round(own, FILES), bare: await round(bare, FILES) })
  }
  const rows = (['upload', 'download'] as const).map((way) => {
    const ratios = rounds.map((one) => one.own[way] / one.bare[way])
    return [
      way,
      median(rounds.map((one) => one.own[way])),
      median(rounds.map((one) => one.bare[way])),
      median(ratios),
    ]
  })
  console.log(`\n${formatTable(['way', 'MiB/s', 'bare MiB/s', 'ratio'], rows)}\n`)
  console.log(
    `memory: ${memory.before.toFixed(0)} MiB before, ${memory.highest.toFixed(0)} at the highest while ${FILES} files of 25 MB went in and out at once\n`,
  )
  return { rounds, memory }
}

/** Uploads some files, and downloads all of them. */
async function round(place: Place, files: number, atOnce = AT_ONCE): Promise<Round> {
  const seconds = async (work: (index: number) => Promise<void>): Promise<number> => {
    const began = performance.now()
    let next = 0
    const worker = async (): Promise<void> => {
      while (next < files) await work((next += 1) - 1)
    }
    await Promise.all(Array.from({ length: atOnce }, worker))
    return (performance.now() - began) / 1_000
  }
  const uploaded: URL[] = []
  const inSeconds = await seconds(async (index) => {
    uploaded[index] = await upload(place.uploads, BYTES)
  })
  const outSeconds = await seconds(async (index) => {
    const found = uploaded[index]
    if (found) await download(place.read(found), BYTES)
  })
  const mebibytes = (files * BYTES) / MEBIBYTE
  return { upload: mebibytes / inSeconds, download: mebibytes / outSeconds }
}

async function startBare(): Promise<Place> {
  const folder = await temporaryFolder()
  const child = spawn(process.execPath, [BARE, folder.path], {
    stdio: ['ignore', 'pipe', 'inherit'],
  })
  const [line] = (await once(createInterface(child.stdout), 'line')) as [string]
  const url = /http:\S+/.exec(line)?.[0] ?? ''
  return {
    uploads: `${url}/uploads`,
    read: (upload) => `${url}/files/${idOf(upload)}`,
    [Symbol.asyncDispose]: async () => {
      child.kill('SIGKILL')
      await folder[Symbol.asyncDispose]()
    },
  }
}

function idOf({ pathname }: URL): string {
  return pathname.split('/').at(-1) ?? ''
}

function median(values: readonly number[]): number {
  const sorted = values.toSorted((one, other) => one - other)
  return sorted[Math.floor(sorted.length / 2)] ?? Number.NaN
}
