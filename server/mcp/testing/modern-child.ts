import { appendFileSync } from 'node:fs'
import process from 'node:process'
import { serveStdio } from '@modelcontextprotocol/server/stdio'
import { modernServer } from './modern.ts'

// The server of the newest revision as a child process. CALLS=path: what it did is noted there.
const { CALLS } = process.env
serveStdio(() => modernServer((what) => CALLS && appendFileSync(CALLS, `${what}\n`)), {
  legacy: 'reject',
})
