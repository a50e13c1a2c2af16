import { expect, test } from 'vitest'
import { startWakeServer, wakeServer } from '../../scripts/testing/wake-servers.ts'
import { natsCarrier } from './nats-carrier.ts'

const program = wakeServer('NATS')
if ('missing' in program) console.log(`Logins at NATS are not tested: ${program.missing}.`)
const path = 'path' in program ? program.path : ''

/** Listens at the server, says a word, and returns what came first: the word or an error's text. */
async function firstHeard(url: string): Promise<string> {
  const carrier = natsCarrier(url)
  const heard = Promise.withResolvers<string>()
  const opening = carrier.open('words', {
    onText: heard.resolve,
    onError: (error) => heard.resolve(String(error)),
  })
  void opening.then(() => carrier.publish('words', 'hello')).catch(heard.reject)
  const first = await heard.promise
  await carrier.close()
  await opening
  return first
}

test.skipIf(path === '')(
  'signs in with the name and password of the address, and with a token',
  async () => {
    await using byName = await startWakeServer('NATS', path, ['--user', 'ann', '--pass', 'p@ss'])
    const { host } = new URL(byName.url)
    expect(await firstHeard(`nats://ann:p%40ss@${host}`)).toBe('hello')
    expect(await firstHeard(`nats://ann:wrong@${host}`)).toMatch(/Authorization/i)
    await using byToken = await startWakeServer('NATS', path, ['--auth', 'secret'])
    expect(await firstHeard(byToken.url.replace('//', '//secret@'))).toBe('hello')
  },
)
