import { chromium } from '@playwright/test'
import type { Browser } from '@playwright/test'
import { afterAll, beforeAll, inject, test } from 'vitest'
import { startServer } from '../scripts/testing/server-process.ts'
import type { ServerProcess } from '../scripts/testing/server-process.ts'
import { conversationOn, expect } from './support/browser/conversation.ts'
import { importedSession } from './support/browser/imported-session.ts'
import { startSpeechService, waveFile } from './support/services/speech-service.ts'
import { visit } from './support/browser/visit.ts'

const held = Promise.withResolvers<void>()
/** The transcription of the next recording. */
let spoken = (): (string | Promise<void>)[] => ['High ', held.promise, 'tide 🌊']
const opened = new AsyncDisposableStack()
const SHORT = waveFile(1, 1)
let service: Awaited<ReturnType<typeof startSpeechService>>
let server: ServerProcess
let browser: Browser

beforeAll(async () => {
  service = opened.use(await startSpeechService(() => spoken(), SHORT))
  server = opened.use(await startServer({ DATA_DIR: 'memory:', ...service.env }))
  const { executablePath, args } = inject('chromium')
  const microphone = [
    '--use-fake-ui-for-media-stream',
    '--use-fake-device-for-media-stream',
    '--autoplay-policy=no-user-gesture-required',
  ]
  browser = opened.use(await chromium.launch({ executablePath, args: [...args, ...microphone] }))
})
afterAll(() => opened.disposeAsync())

test('what is spoken is written at the cursor as it comes, and nothing is sent by itself', async () => {
  await using visitor = await visit(browser, server.url)
  const { page } = visitor
  const { box, questions } = conversationOn(page)
  const record = page.getByRole('button', { name: 'Record' })
  await box.fill('Before after')
  await box.evaluate((element: HTMLTextAreaElement) => element.setSelectionRange(6, 6))
  await record.click()
  await expect(page.getByText('Recording…')).toBeVisible()
  await expect(record).toHaveAttribute('aria-pressed', 'true')
  await record.click()
  await expect(box).toHaveValue('Before High  after')
  held.resolve()
  await expect(box).toHaveValue('Before High tide 🌊 after')
  await expect(record).toBeEnabled()
  expect(service.recordings).toHaveLength(1)
  await expect(questions).toHaveCount(0)
  await expect(page).toHaveURL(server.url)
})

test('an answer is read aloud by the service, with pause and speed, until it is stopped', async () => {
  const text = 'The **tide** turns at noon.\n\n```ts\nlet a\n```\n\nThat is all.'
  const id = await importedSession(server.url, 'Tides', ['When?', text])
  await using visitor = await visit(browser, `${server.url}/s/${id}`)
  const { page } = visitor
  // Long enough to be paused and stopped on a busy machine.
  service.readAs(waveFile(1, 19))
  service.read.splice(0)
  await page.getByRole('button', { name: 'Read aloud' }).click()
  const bar = page.getByRole('group', { name: 'Reading aloud' })
  await bar.getByRole('button', { name: 'Pause reading' }).click()
  await expect(bar.getByText('Paused')).toBeVisible()
  // The bar is there before the service is asked.
  const read = 'The tide turns at noon.\n\n(code)\n\nThat is all.'
  await expect.poll(() => service.read).toEqual([read])
  await bar.getByRole('combobox', { name: 'Speed' }).selectOption('1.5')
  await bar.getByRole('button', { name: 'Go on reading' }).click()
  // To its end, which is the sound's.
  await expect(bar).toBeHidden()
  await page.getByRole('button', { name: 'Read aloud' }).click()
  await bar.getByRole('button', { name: 'Stop reading' }).click()
  await expect(bar).toBeHidden()
  service.readAs(SHORT)
})

test('without hands three turns are spoken, answered and read, from the first message of a session on', async () => {
  service.read.splice(0)
  let turn = 0
  spoken = () => ['Repeat: ', `Turn ${(turn += 1)} was heard well.`]
  await using visitor = await visit(browser, server.url)
  const { page } = visitor
  await page.addInitScript(lendVoice)
  await page.reload()
  const { questions, answers } = conversationOn(page)
  const button = page.getByRole('button', { name: 'Hands-free' })
  const says = (text: string) => expect(page.getByRole('status').getByText(text)).toBeVisible()
  await button.click()
  await expect(button).toHaveAttribute('aria-pressed', 'true')
  for (const number of [1, 2, 3]) {
    await says('Listening…')
    // The last answer is read for so long that it can be interrupted.
    if (number === 3) service.readAs(waveFile(1, 19))
    await page.evaluate(speak, true)
    await says('Hearing you…')
    await page.evaluate(speak, false)
    await expect(questions.nth(number - 1)).toContainText(`Turn ${number} was heard well.`)
    await expect(answers.nth(number - 1)).toContainText(`Turn ${number} was heard well`)
    await expect.poll(() => service.read.join(' ')).toContain(`Turn ${number} was heard well`)
  }
  await expect(page).toHaveURL(/\/s\//)
  await says('Reading; speak to interrupt')
  await page.evaluate(speak, true)
  await says('Hearing you…')
  await expect(page.getByRole('group', { name: 'Reading aloud' })).toBeHidden()
  await button.click()
  await expect(button).toHaveAttribute('aria-pressed', 'false')
  await expect(questions).toHaveCount(3)
  service.readAs(SHORT)
})

test('without hands, leaving for a page without a box closes the microphone', async () => {
  await using visitor = await visit(browser, server.url)
  const { page } = visitor
  await page.addInitScript(noteMicrophones)
  await page.reload()
  const button = page.getByRole('button', { name: 'Hands-free' })
  await button.click()
  await expect.poll(() => page.evaluate(openMicrophones)).toBe(1)
  await page.getByRole('link', { name: 'Settings' }).click()
  await expect.poll(() => page.evaluate(openMicrophones)).toBe(0)
  await page.goBack()
  await expect(button).toHaveAttribute('aria-pressed', 'false')
})

test('what could not be written down is kept, and written down when it is asked for again', async () => {
  await using visitor = await visit(browser, server.url, { tolerates: /ERR_FAILED/ })
  const { page } = visitor
  const { box } = conversationOn(page)
  const record = page.getByRole('button', { name: 'Record' })
  await page.route('**/api/speech/transcriptions', (route) => route.abort(), { times: 1 })
  await record.click()
  await expect(page.getByText('Recording…')).toBeVisible()
  await record.click()
  await expect(page.getByRole('alert')).toContainText('Not written down')
  const again = page.getByRole('button', { name: 'Try to write it down again' })
  await again.click()
  await expect(box).not.toHaveValue('')
  await expect(again).toBeHidden()
})

test('without a service the browser’s own voice reads, and there is no microphone', async () => {
  await using plain = await startServer({ DATA_DIR: 'memory:' })
  const id = await importedSession(plain.url, 'Tides', ['When?', 'At **noon**. Then at six.'])
  await using visitor = await visit(browser, plain.url)
  const { page } = visitor
  // A voice whose sentences end at once.
  await page.addInitScript(() => {
    const said: string[] = []
    Object.assign(window, { said })
    speechSynthesis.speak = (utterance) => {
      said.push(utterance.text)
      queueMicrotask(() => utterance.dispatchEvent(new Event('end')))
    }
  })
  await page.goto(`${plain.url}/s/${id}`)
  await page.getByRole('button', { name: 'Read aloud' }).click()
  const said = () => page.evaluate(() => Object(window).said as unknown)
  await expect.poll(said).toEqual(['At noon.', 'Then at six.'])
  await expect(page.getByRole('button', { name: 'Record' })).toBeHidden()
})

type Speaking = typeof globalThis & { speak(isLoud: boolean): void }

/** Runs in the page: a microphone that hears what the test says, whenever that is. */
function lendVoice(): void {
  const page = globalThis as Speaking
  navigator.mediaDevices.getUserMedia = async () => {
    const context = new AudioContext()
    const [tone, loudness] = [context.createOscillator(), context.createGain()]
    const room = context.createMediaStreamDestination()
    loudness.gain.value = 0
    tone.connect(loudness).connect(room)
    tone.start()
    page.speak = (isLoud) => {
      loudness.gain.value = isLoud ? 0.5 : 0
    }
    return room.stream
  }
}

function speak(isLoud: boolean): void {
  ;(globalThis as Speaking).speak(isLoud)
}

type Noted = typeof globalThis & { tracks: MediaStreamTrack[] }

/** Runs in the page: notes the microphones that it opens. */
function noteMicrophones(): void {
  const page = globalThis as Noted
  page.tracks = []
  const { mediaDevices } = navigator
  const open = mediaDevices.getUserMedia.bind(mediaDevices)
  mediaDevices.getUserMedia = async (constraints) => {
    const stream = await open(constraints)
    page.tracks.push(...stream.getTracks())
    return stream
  }
}

function openMicrophones(): number {
  return (globalThis as Noted).tracks.filter(({ readyState }) => readyState === 'live').length
}
