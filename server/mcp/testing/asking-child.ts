import { appendFileSync } from 'node:fs'
import { createInterface } from 'node:readline'
import { askingServer } from './asking.ts'

// The asking server as a child process. CALLS=path: what it did is noted there.
const { CALLS } = process.env
const { take } = askingServer((what) => {
  if (CALLS) appendFileSync(CALLS, `${what}\n`)
})
for await (const line of createInterface({ input: process.stdin })) {
  void take(
    JSON.parse(line),
    (message) => void process.stdout.write(`${JSON.stringify(message)}\n`),
  )
}
