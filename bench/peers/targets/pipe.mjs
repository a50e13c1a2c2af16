import { request } from 'undici'

const url = `${process.env.OPENAI_BASE_URL}/chat/completions`

/** The shortest way from a provider to a callback: lines, and `JSON.parse`. */
export async function ask(text, onText) {
  const { statusCode, body } = await request(url, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({
      model: 'bench-model',
      stream: true,
      messages: [
        { role: 'system', content: 'You are a helpful assistant.' },
        { role: 'user', content: text },
      ],
    }),
  })
  if (statusCode !== 200) {
    throw new Error(`the provider answered ${statusCode}`)
  }
  let rest = ''
  for await (const piece of body.setEncoding('utf8')) {
    const lines = (rest + piece).split('\n\n')
    rest = lines.pop() ?? ''
    for (const line of lines) {
      const data = line.slice('data: '.length)
      const token = data === '[DONE]' ? '' : JSON.parse(data).choices[0]?.delta.content
      if (token) {
        onText(token)
      }
    }
  }
}

export const address = { host: '127.0.0.1', port: 0 }

/** Tells the benchmark where this server listens. */
export function tellPort(server) {
  process.send({ port: server.address().port })
  process.once('disconnect', () => process.exit(0))
}
