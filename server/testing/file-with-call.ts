import { ExportFile } from '../../shared/contract/export.ts'
import { talkFile } from '../sessions/testing/talk-file.ts'

/** An export file in which a call of unknown outcome claims to be read-only. */
export function fileWithCall(): ExportFile {
  const file = talkFile('With a call', ['Pay', ''])
  const at = file.exportedAt
  const call = {
    name: 'pay',
    source: 'builtin',
    effect: 'read',
    status: 'unknown',
    input: { amount: 7 },
    step: 0,
    providerId: 'p',
    arguments: '{"amount":0}',
  }
  const step = { step: 0, partsEnd: 1, model: 'm', finish: 'stop', usage: null }
  const run = { finish: null, startedAt: at, endedAt: at, steps: [step] }
  const sessions = file.sessions.map((session) => ({
    ...session,
    messages: session.messages.map((message) =>
      message.role === 'assistant'
        ? { ...message, status: 'stopped', parts: [{ type: 'tool', call }], run }
        : message,
    ),
  }))
  return ExportFile.parse({ ...file, sessions })
}
