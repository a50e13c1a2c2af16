import { createHash, randomBytes } from 'node:crypto'
import { chromium } from '@playwright/test'
import type { Browser } from '@playwright/test'
import sharp from 'sharp'
import { afterAll, beforeAll, describe, inject, test } from 'vitest'
import type { File as StoredFile } from '../../shared/contract/file.ts'
import {
  chatAnswer,
  startScriptedProvider,
  sse,
} from '../../server/model/testing/scripted-provider.ts'
import { completed, messageItem, textDelta } from '../../server/model/testing/wire-events.ts'
import { cell, pdf, xlsx } from '../../server/testing/made-files.ts'
import { startS3 } from '../../server/testing/services/s3-server.ts'
import { startServer, temporaryFolder } from '../../scripts/testing/server-process.ts'
import { createTestDatabase } from '../../scripts/testing/postgres/test-database.ts'
import { conversationOn, expect } from '../support/browser/conversation.ts'
import { startTcpProxy } from '../support/faults/tcp-proxy.ts'
import { CONNECTION_TROUBLE, visit } from '../support/browser/visit.ts'

const opened = new AsyncDisposableStack()
let browser: Browser

beforeAll(async () => {
  const { executablePath, args } = inject('chromium')
  browser = opened.use(await chromium.launch({ executablePath, args }))
})
afterAll(() => opened.disposeAsync())

/** Enough that no file is through before the network goes. */
const PADDING = 600_000
/** Of each connection, until the network is whole again. */
const THROUGH = 200_000

/** A picture, a PDF of 200 pages and a spreadsheet. */
async function madeFiles() {
  const noise = { type: 'gaussian', mean: 128, sigma: 60 } as const
  const picture = await sharp({
    create: { width: 900, height: 600, channels: 3, noise, background: 'teal' },
  })
    .png({ compressionLevel: 0 })
    .toBuffer()
  const pages = Array.from({ length: 200 }, (_value, index) => `What page ${index + 1} says`)
  // A comment before its trailer.
  const [body = '', trailer = ''] = pdf(...pages)
    .toString('latin1')
    .split('trailer')
  const padded = `${body}%${randomBytes(PADDING / 2).toString('hex')}\ntrailer${trailer}`
  const rows = Array.from(
    { length: 300 },
    (_value, index) =>
      `<row r="${index + 1}">${cell(`A${index + 1}`, `Port ${index + 1}`)}${cell(`B${index + 1}`, randomBytes(1_500).toString('base64'))}</row>`,
  )
  return [
    { name: 'view.png', mimeType: 'image/png', buffer: picture },
    { name: 'report.pdf', mimeType: 'application/pdf', buffer: Buffer.from(padded, 'latin1') },
    { name: 'tides.xlsx', mimeType: '', buffer: xlsx(rows.join('')) },
  ]
}

const storages = {
  'PGlite and a folder': async () => {
    const folder = await temporaryFolder()
    return {
      env: { DATA_DIR: folder.path },
      [Symbol.asyncDispose]: () => folder[Symbol.asyncDispose](),
    }
  },
  'Postgres and S3': async () => {
    await using kept = new AsyncDisposableStack()
    const database = kept.use(await createTestDatabase())
    const s3 = kept.use(await startS3())
    const folder = kept.use(await temporaryFolder())
    const resources = kept.move()
    return {
      env: { DATABASE_URL: database.url, DATA_DIR: folder.path, RUN_LEASE_SECONDS: '2', ...s3.env },
      [Symbol.asyncDispose]: () => resources.disposeAsync(),
    }
  },
}

/** The files within a request, by API. */
const apis = {
  chat: {
    reply: () => chatAnswer('I have read them.'),
    picture: /"type":"image_url","image_url":\{"url":"data:image\/webp;base64,/,
    // Servers of this API do not agree on how a PDF is sent, so its text is sent.
    pdf: null,
  },
  responses: {
    reply: () =>
      sse(textDelta('I have read them.')) + completed([messageItem('I have read them.')]),
    picture: /"type":"input_image"[^}]*"image_url":"data:image\/webp;base64,/,
    pdf: /"type":"input_file","filename":"report\.pdf","file_data":"data:application\/pdf;base64,([^"]+)"/,
  },
}

const stories = [
  ['PGlite and a folder', 'chat', 'before'],
  ['Postgres and S3', 'responses', 'after'],
] as const

describe.each(stories)('on %s, over the API %s', (where, api, sent) => {
  test(`files that are dropped arrive once, although the network is cut and the server killed; sent ${sent} that (P16, P18)`, async () => {
    await using storage = await storages[where]()
    const { reply, picture, pdf: pdfSent } = apis[api]
    await using provider = await startScriptedProvider(() => ({ body: [reply()] }))
    const env = {
      ...{ ...storage.env, OPENAI_BASE_URL: provider.baseUrl, OPENAI_API: api },
      ...{ OPENAI_API_KEY: 'key', LLM_MODEL: 'gpt-4o-mini' },
    }
    await using first = await startServer(env)
    let port = first.port
    let most = THROUGH
    await using proxy = await startTcpProxy(
      () => port,
      () => most,
    )
    await using visitor = await visit(browser, proxy.url, { tolerates: CONNECTION_TROUBLE })
    const { page } = visitor
    const { box, answer, questions } = conversationOn(page)
    await expect(box).toBeFocused()
    const files = await madeFiles()
    const dropped = await page.evaluateHandle(
      (given) => {
        const transfer = new DataTransfer()
        for (const { name, type, base64 } of given) {
          const bytes = Uint8Array.from(atob(base64), (char) => char.charCodeAt(0))
          transfer.items.add(new File([bytes], name, { type }))
        }
        return transfer
      },
      files.map(({ name, mimeType: type, buffer }) => {
        return { name, type, base64: buffer.toString('base64') }
      }),
    )
    await box.dispatchEvent('drop', { dataTransfer: dropped })
    const chips = page.getByRole('list', { name: 'Attached files' })
    for (const { name } of files) await expect(chips.getByText(name)).toBeVisible()
    await expect.poll(() => proxy.stalled()).toBeGreaterThanOrEqual(3)
    await box.fill('What do they say?')
    if (sent === 'before') await box.press('Enter')
    await proxy.cut()
    await first.end('SIGKILL')

    await using second = await startServer(env)
    ;({ port } = second)
    most = Infinity
    await proxy.mend()
    if (sent === 'after') {
      await expect(chips.getByText('200 pages')).toBeVisible()
      await expect(chips.getByRole('progressbar')).toHaveCount(0)
      await box.press('Enter')
    }
    await expect(answer.locator('.markdown')).toContainText('I have read them.')
    await expect(questions).toHaveCount(1)
    for (const { name } of files.slice(1)) await expect(questions.getByText(name)).toBeVisible()
    await expect(questions.getByText('200 pages')).toBeVisible()

    const asked = provider.requests
      .map(({ body }) => JSON.stringify(body))
      .filter((body) => body.includes('report.pdf') && !body.includes('Write a title'))
    expect(asked).toHaveLength(1)
    const [request = ''] = asked
    expect(request).toMatch(picture)
    expect(request).toContain('Port 300')
    if (pdfSent) {
      const pdfBytes = Buffer.from(pdfSent.exec(request)?.[1] ?? '', 'base64')
      expect(hashOf(pdfBytes)).toBe(hashOf(files[1]?.buffer ?? Buffer.alloc(0)))
    } else {
      expect(request).toContain('[page 200]\\nWhat page 200 says')
    }
    const { items } = (await (await fetch(`${second.url}/api/files`)).json()) as {
      items: StoredFile[]
    }
    const used = await Promise.all(
      items.map(async ({ id, name }) => {
        const content = await fetch(`${second.url}/api/files/${id}`)
        return { name, sha256: hashOf(Buffer.from(await content.arrayBuffer())) }
      }),
    )
    const given = files.map(({ name, buffer }) => ({ name, sha256: hashOf(buffer) }))
    expect(used.toSorted(byName)).toEqual(given.toSorted(byName))
  })
})

function hashOf(content: Buffer): string {
  return createHash('sha256').update(content).digest('hex')
}

function byName(one: { name: string }, other: { name: string }): number {
  return one.name.localeCompare(other.name)
}
