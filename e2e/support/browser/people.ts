import { createHmac } from 'node:crypto'
import type { Page } from '@playwright/test'
import type { ServerProcess } from '../../../scripts/testing/server-process.ts'
import { expect } from './conversation.ts'

export const PASSWORD = 'correct horse battery'

/** The browser itself logs a wrong password, and the question who is signed in when nobody is. */
export const REFUSED = /status of 40[0139]/

/** The link that the server printed when nobody had an account. */
export async function setupLinkOf(server: Pick<ServerProcess, 'output'>): Promise<string> {
  const find = () => /Set up the first account: (\S+)/.exec(server.output())?.[1] ?? ''
  await expect.poll(find).not.toBe('')
  return find()
}

/** Fills in the form that makes an account. */
export async function createAccount(page: Page, name: string): Promise<void> {
  await page.getByRole('textbox', { name: 'Name' }).fill(name)
  await page.getByRole('textbox', { name: 'Email' }).fill(addressOf(name))
  await page.getByRole('textbox', { name: 'Password' }).fill(PASSWORD)
  await page.getByRole('button', { name: 'Create account' }).click()
}

export async function signIn(page: Page, name: string): Promise<void> {
  await page.getByRole('textbox', { name: 'Email' }).fill(addressOf(name))
  await page.getByRole('textbox', { name: 'Password' }).fill(PASSWORD)
  await page.getByRole('button', { name: 'Sign in', exact: true }).click()
}

/** Runs in the page: the names of what it keeps. */
export function keptNames(): string {
  return Object.keys(localStorage).join(' ')
}

/** Asks the REST interface as this person, by a login of its own. */
export async function askAs(url: string, name: string) {
  const response = await fetch(`${url}/api/auth/sign-in/email`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ email: addressOf(name), password: PASSWORD }),
  })
  const { token } = (await response.json()) as { token: string }
  return async (method: string, path: string, body?: object): Promise<unknown> => {
    const authorization = `Bearer ${token}`
    const sent = body && {
      headers: { authorization, 'content-type': 'application/json' },
      body: JSON.stringify(body),
    }
    const answer = await fetch(url + path, { method, headers: { authorization }, ...sent })
    return answer.json()
  }
}

/** The code that an authenticator app shows now (RFC 6238). */
export function authenticatorCode(secret: string): string {
  const bits = [...secret]
    .map((letter) => BASE32.indexOf(letter).toString(2).padStart(5, '0'))
    .join('')
  const bytes = bits.match(/.{8}/g)?.map((byte) => Number.parseInt(byte, 2)) ?? []
  const counter = Buffer.alloc(8)
  counter.writeBigUInt64BE(BigInt(Math.floor(Date.now() / 30_000)))
  const hash = createHmac('sha1', Buffer.from(bytes)).update(counter).digest()
  const offset = (hash.at(-1) ?? 0) & 0xf
  return String((hash.readUInt32BE(offset) & 0x7f_ff_ff_ff) % 1_000_000).padStart(6, '0')
}

const BASE32 = 'ABCDEFGHIJKLMNOPQRSTUVWXYZ234567'

function addressOf(name: string): string {
  return `${name.toLowerCase()}@example.com`
}
