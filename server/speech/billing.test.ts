import { mkdtempDisposable, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { UserId } from '../../shared/contract/ids.ts'
import type { Budget } from '../budget/planned-call.ts'
import type { ModelUsage } from '../model/port.ts'
import { createSpeechBilling, tokensOfText } from './billing.ts'
import { longestDuration } from './duration.ts'

const whose = {
  payer: { userId: UserId.parse('00000000-0000-4000-8000-00000000000a'), keyId: null },
  sessionId: null,
}

function start() {
  const settled: ModelUsage[] = []
  const planned: { inputTokens: number; outputTokens: number }[] = []
  const settle = async (used: ModelUsage) => void settled.push(used)
  // The part of a budget that billing uses.
  const budget = {
    reserve: async (call: { inputTokens: number; outputTokens: number }) => {
      planned.push(call)
      return { ok: true, reservation: { settle, shortage: null } }
    },
  } as unknown as Budget
  const kind = { budget, prices: { cost: async () => 0 } }
  const billing = createSpeechBilling({
    models: { toText: 'a', toSpeech: 'b' },
    kinds: { toText: kind, toSpeech: kind },
    record: async () => undefined,
    onError: () => undefined,
    now: () => '2026-05-01T00:00:00.000Z',
  })
  return { billing, settled, planned }
}

test('What was set aside for a call is given back once, however the call ends', async () => {
  const { billing, settled } = start()
  const bill = await billing.forRecording(1_000, whose)
  const used = { inputTokens: 5, outputTokens: 1 }
  await bill.took(used)
  await bill.failed()
  expect(settled).toEqual([used])
})

test('A minute of a recording is set aside as some minutes at the most', async () => {
  await using folder = await mkdtempDisposable(join(tmpdir(), 'speech-'))
  const path = join(folder.path, 'a.wav')
  const head = Buffer.alloc(44)
  head.write('RIFF', 0, 'latin1')
  head.write('WAVEfmt ', 8, 'latin1')
  // 48 kHz, two channels, 16 bits.
  head.writeUInt32LE(192_000, 28)
  await writeFile(path, head)
  expect(await longestDuration(path, 192_000 * 60, 'wav')).toBe(60)
  await writeFile(path, 'no WAV file')
  expect(await longestDuration(path, 8_000 * 60, 'wav')).toBe(60)
  expect(await longestDuration(path, 16_000 * 60, 'webm')).toBe(480)
  const { billing, planned } = start()
  await billing.forRecording(60, whose)
  expect(planned).toMatchObject([{ inputTokens: 600, outputTokens: 400 }])
  // Where the service does not say what it took.
  expect(tokensOfText(840)).toEqual({ inputTokens: 600, outputTokens: 210 })
})
