// OpenAI's own client: node openai.ts [URL] [KEY]
import process from 'node:process'
import OpenAI from 'openai'

const [url = 'http://127.0.0.1:8001', apiKey = 'any'] = process.argv.slice(2)
const client = new OpenAI({ baseURL: `${url}/v1`, apiKey })
const { id } = await client.responses.create({
  ...{ model: 'default', input: 'What time is it?', background: true },
})
// From any process, at any time, after any number of cuts: what comes after the last number that was seen.
let last = -1
for await (const event of await client.responses.retrieve(id, { stream: true })) {
  last = event.sequence_number
  if (event.type === 'response.output_text.delta') process.stdout.write(event.delta)
}
const rest = await client.responses.retrieve(id, { stream: true, starting_after: last })
for await (const event of rest) console.log(event.type)
