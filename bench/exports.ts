import { writeFile } from 'node:fs/promises'
import { connect } from 'node:net'
import type { Socket } from 'node:net'
import { buffer } from 'node:stream/consumers'
import { setTimeout as delay } from 'node:timers/promises'
import { z } from 'zod'
import { talkFile } from '../server/sessions/testing/talk-file.ts'
import { temporaryFolder } from '../scripts/testing/server-process.ts'
import { contentOf } from './files/send-files.ts'
import { residentMemory } from './measure/proc.ts'
import { formatTable } from './measure/table.ts'
import { startServer } from './server/started-server.ts'

const READERS = 20
/** Almost what an answer of a procedure may hold. UTF-16 units. */
const LENGTH = 15 * 1024 * 1024
const FILE_BYTES = 16 * 1024 * 1024
const MEBIBYTE = 2 ** 20
/** The wait until everything that can be buffered is. Milliseconds. */
const HELD = 10_000

/** Memory of the server while twenty exports of a conversation of 15 MiB, with a file of 16 MiB, are asked for and not read. */
export async function benchExports() {
  await using folder = await temporaryFolder()
  await using server = await startServer({ DATA_DIR: folder.path })
  const pid = server.process.pid ?? 0
  const id = await makeSession(server.url)
  const ways = {
    'tRPC over HTTP': `/trpc/sessions.export?input=${encodeURIComponent(JSON.stringify({ id, format: 'json' }))}`,
    REST: `/api/session/${id}/export?format=json`,
    'REST, zip with the file': `/api/session/${id}/export/zip`,
    'REST, all of the account': '/api/account/export',
  }
  const figures = []
  for (const [way, path] of Object.entries(ways)) {
    await delay(HELD / 2)
    const before = await residentMemory(pid)
    // Resets the peak that the kernel records.
    await writeFile(`/proc/${pid}/clear_refs`, '5')
    const readers = Array.from({ length: READERS }, () => ask(server.url, path))
    await delay(HELD)
    const during = await residentMemory(pid)
    for (const reader of readers) reader.destroy()
    figures.push({ way, before: before.now, held: during.now, highest: during.highest })
  }
  const rows = figures.map(({ way, before, held, highest }) => [
    ...[way, before / MEBIBYTE, held / MEBIBYTE, highest / MEBIBYTE],
  ])
  console.log(`\n${formatTable(['export', 'before MiB', 'held MiB', 'highest MiB'], rows)}\n`)
  return figures
}

/** A long conversation, and a question with a file at its end. */
async function makeSession(url: string): Promise<string> {
  const text = 'A sentence that stands for what somebody wrote. '.repeat(2_000)
  const texts = Array.from({ length: Math.floor(LENGTH / text.length) }, () => text)
  const imported = z.object({ sessions: z.tuple([z.object({ id: z.string() })]) })
  const data = { data: talkFile('Long', texts) }
  const [{ id }] = imported.parse(await post(`${url}/api/session/import`, data)).sessions
  const uploaded = await fetch(`${url}/api/files`, {
    method: 'POST',
    headers: { 'content-type': 'application/octet-stream', 'x-file-name': 'file.bin' },
    body: await buffer(contentOf(FILE_BYTES)),
  })
  const file = z.object({ id: z.string() }).parse(await uploaded.json())
  await post(`${url}/api/session/${id}/messages`, { text: 'Hello', files: [file.id] })
  return id
}

async function post(url: string, body: unknown): Promise<unknown> {
  const answer = await fetch(url, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify(body),
  })
  if (!answer.ok) throw new Error(`${url}: ${answer.status} ${await answer.text()}`)
  return answer.json()
}

/** Sends a request, and does not read the response. */
function ask(url: string, path: string): Socket {
  const { hostname, port, host } = new URL(url)
  const socket = connect(Number(port), hostname).on('error', () => undefined)
  socket.pause()
  socket.write(`GET ${path} HTTP/1.1\r\nHost: ${host}\r\n\r\n`)
  return socket
}
