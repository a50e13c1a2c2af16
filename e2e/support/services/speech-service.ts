import { createServer } from 'node:http'

/** The pieces of a transcription; a promise delays those after it. */
type Words = (string | Promise<unknown>)[]

/**
 * A speech service of OpenAI's form on loopback. It writes down what it is told to, whatever was said, and reads
 * everything as the given sound, until it is given another one.
 * @param words asked for each recording
 */
export async function startSpeechService(words: () => Words, shortSound: Buffer) {
  const recordings: number[] = []
  const read: string[] = []
  let sound = shortSound
  const server = createServer((request, response) => {
    void (async () => {
      const pieces: Buffer[] = []
      for await (const piece of request) pieces.push(Buffer.from(piece))
      const body = Buffer.concat(pieces)
      if (request.url?.endsWith('/audio/speech')) {
        const { input }: { input: string } = JSON.parse(body.toString())
        read.push(input)
        response.writeHead(200, { 'content-type': 'audio/mpeg' }).end(sound)
        return
      }
      recordings.push(body.length)
      response.writeHead(200, { 'content-type': 'text/event-stream' })
      for (const piece of words()) {
        if (typeof piece !== 'string') await piece
        else response.write(event({ type: 'transcript.text.delta', delta: piece }))
      }
      response.end(event({ type: 'transcript.text.done' }))
    })()
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const address = server.address()
  const port = typeof address === 'object' && address ? address.port : 0
  return {
    /** The bytes of each recording, with what is around it in the request. */
    recordings,
    /** Each text that was to be read. */
    read,
    /** A text is read as this from here on. */
    readAs: (other: Buffer) => {
      sound = other
    },
    env: { SPEECH_BASE_URL: `http://127.0.0.1:${port}/v1`, SPEECH_API_KEY: 'speech key' },
    [Symbol.dispose]: () => {
      server.closeAllConnections()
      server.close()
    },
  }
}

function event(data: object): string {
  return `data: ${JSON.stringify(data)}\n\n`
}

const RATE = 48_000

/** A WAV file: a tone, then silence, in seconds. */
export function waveFile(toneSeconds: number, silenceSeconds: number): Buffer {
  const tone = toneSeconds * RATE
  const samples = new Int16Array(tone + silenceSeconds * RATE)
  for (let at = 0; at < tone; at++) samples[at] = Math.sin((at / RATE) * 440 * 2 * Math.PI) * 12_000
  const head = Buffer.alloc(44)
  head.write('RIFF', 0)
  head.writeUInt32LE(36 + samples.byteLength, 4)
  head.write('WAVEfmt ', 8)
  head.writeUInt32LE(16, 16)
  head.writeUInt16LE(1, 20)
  head.writeUInt16LE(1, 22)
  head.writeUInt32LE(RATE, 24)
  head.writeUInt32LE(RATE * 2, 28)
  head.writeUInt16LE(2, 32)
  head.writeUInt16LE(16, 34)
  head.write('data', 36)
  head.writeUInt32LE(samples.byteLength, 40)
  return Buffer.concat([head, Buffer.from(samples.buffer)])
}
