// Takes the newest session out of one server, into another or the same: node carry-over.ts FROM TO
import process from 'node:process'
import { connect } from 'throughline/client'

const [from = 'http://127.0.0.1:8001', to = from] = process.argv.slice(2)
await using source = connect({ url: from })
await using target = connect({ url: to })

const [newest] = (await source.api.sessions.list.query({ limit: 1 })).items
if (!newest) throw new Error('There is no session')
// `markdown` is for reading: the active branch alone. `json` has every branch and call.
const { name, content } = await source.api.sessions.export.query({ id: newest.id, format: 'json' })
const { sessions } = await target.api.sessions.import.mutate({ data: content })
console.log(`${name} is ${sessions.map(({ title }) => title).join()} there`)

// A file that is wrong somewhere is refused whole, and the error names the place.
const broken = content.replace('"role":"user"', '"role":"nobody"')
await target.api.sessions.import.mutate({ data: broken }).catch((error: unknown) => {
  console.log(error instanceof Error ? error.message : error)
})
