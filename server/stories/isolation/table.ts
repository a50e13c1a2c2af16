import type { AppRouter } from '../../router.ts'

/** Ids of one person's things, for others to try. */
export type Things = {
  sessionId: string
  messageId: string
  answerId: string
  runId: string
  callId: string
  shareToken: string
  keyId: string
  fileId: string
  loginId: string
  presetId: string
  projectId: string
  uploadId?: string
}

/**
 * The outcome for another person who asks for somebody's things.
 *
 * `missing`: NOT_FOUND, as if they did not exist. `taken`: CONFLICT, for an id that the caller chooses. `own`: an
 * answer about the caller, without anything of the owner's. `public`: the same for everybody. `admin`: FORBIDDEN for
 * everybody but administrators.
 */
export type Expected = 'missing' | 'taken' | 'own' | 'public' | 'admin'

type Entry = {
  expected: Expected
  input?: (of: Things) => unknown
  /** It cannot be tried as another person, because it would end that person's own account. */
  endsOneself?: true
}

type Names<Record_, Prefix extends string = ''> = {
  [Key in keyof Record_ & string]: Record_[Key] extends { _def: { procedure: true } }
    ? `${Prefix}${Key}`
    : Names<Record_[Key], `${Prefix}${Key}.`>
}[keyof Record_ & string]

/** Every procedure of the router: a missing one is an error of the compiler, and of the test that reads the router. */
export const isolation: Record<Names<AppRouter['_def']['record']>, Entry> = {
  me: { expected: 'own' },
  'sessions.create': { expected: 'taken', input: ({ sessionId: id }) => ({ id }) },
  'sessions.list': { expected: 'own', input: () => ({}) },
  'sessions.tags': { expected: 'own' },
  'sessions.search': { expected: 'own', input: () => ({ query: 'secret' }) },
  'sessions.get': { expected: 'missing', input: ({ sessionId: id }) => ({ id }) },
  'sessions.read': { expected: 'missing', input: ({ sessionId: id }) => ({ id }) },
  'sessions.update': {
    expected: 'missing',
    input: ({ sessionId: id }) => ({ id, title: 'Taken' }),
  },
  'sessions.delete': { expected: 'missing', input: ({ sessionId: id }) => ({ id }) },
  'sessions.fork': { expected: 'missing', input: ({ messageId }) => ({ messageId }) },
  'sessions.log': { expected: 'missing', input: ({ sessionId: id }) => ({ id }) },
  'sessions.export': { expected: 'missing', input: ({ sessionId: id }) => ({ id }) },
  'sessions.import': {
    expected: 'own',
    input: () => ({ data: [{ title: 'Nothing', mapping: {}, create_time: 1, update_time: 1 }] }),
  },
  'sessions.watch': { expected: 'missing', input: ({ sessionId: id }) => ({ id }) },
  'sessions.changes': { expected: 'own' },
  'messages.list': { expected: 'missing', input: ({ sessionId }) => ({ sessionId }) },
  'messages.send': {
    expected: 'missing',
    input: ({ sessionId }) => ({ sessionId, text: 'Let me in' }),
  },
  'messages.append': {
    expected: 'missing',
    input: ({ sessionId }) => ({
      sessionId,
      messages: [
        {
          ...{ id: 'a', parentId: null, role: 'user', createdAt: '2026-01-01T00:00:00.000Z' },
          parts: [{ type: 'text', text: 'Let me in' }],
        },
      ],
    }),
  },
  'messages.edit': {
    expected: 'missing',
    input: ({ messageId: id }) => ({ id, text: 'Something else' }),
  },
  'messages.continue': { expected: 'missing', input: ({ answerId: id }) => ({ id }) },
  'messages.regenerate': { expected: 'missing', input: ({ answerId: id }) => ({ id }) },
  'messages.rate': { expected: 'missing', input: ({ answerId: id }) => ({ id, rating: 'up' }) },
  'messages.select': { expected: 'missing', input: ({ messageId: id }) => ({ id }) },
  'messages.unqueue': { expected: 'missing', input: ({ messageId: id }) => ({ id }) },
  'files.list': { expected: 'own', input: () => ({}) },
  'files.get': { expected: 'missing', input: ({ fileId: id }) => ({ id }) },
  'files.watch': { expected: 'missing', input: ({ fileId: id }) => ({ id }) },
  'files.delete': { expected: 'missing', input: ({ fileId: id }) => ({ id }) },
  'runs.stop': { expected: 'missing', input: ({ sessionId }) => ({ sessionId }) },
  'shares.create': { expected: 'missing', input: ({ sessionId }) => ({ sessionId }) },
  'shares.list': { expected: 'own', input: ({ sessionId }) => ({ sessionId }) },
  'shares.revoke': { expected: 'missing', input: ({ shareToken: token }) => ({ token }) },
  'shares.get': { expected: 'public', input: ({ shareToken: token }) => ({ token }) },
  'tools.list': { expected: 'own' },
  'tools.changes': { expected: 'own' },
  'tools.decide': {
    expected: 'missing',
    input: ({ callId }) => ({ callId, decision: 'approve' }),
  },
  'tools.resolve': {
    expected: 'missing',
    input: ({ callId }) => ({ callId, outcome: 'happened' }),
  },
  'tools.answer': { expected: 'missing', input: ({ callId }) => ({ callId, output: 1 }) },
  'tools.answerAll': {
    expected: 'missing',
    input: ({ callId }) => ({ answers: [{ callId, output: 1 }] }),
  },
  'tools.reply': {
    expected: 'missing',
    input: ({ callId }) => ({ callId, questionId: callId, action: 'decline' }),
  },
  'mcp.servers': { expected: 'own' },
  'mcp.signOut': { expected: 'missing', input: () => ({ server: 'none' }) },
  'mcp.prompts': { expected: 'own' },
  'mcp.prompt': { expected: 'missing', input: () => ({ server: 'none', name: 'x' }) },
  'models.list': { expected: 'own' },
  'usage.summary': { expected: 'missing', input: ({ sessionId }) => ({ sessionId }) },
  'usage.daily': { expected: 'missing', input: ({ sessionId }) => ({ sessionId }) },
  'usage.answers': { expected: 'missing', input: ({ sessionId }) => ({ sessionId }) },
  'presets.list': { expected: 'own' },
  'presets.save': { expected: 'taken', input: ({ presetId: id }) => ({ id, name: 'Mine' }) },
  'presets.delete': { expected: 'missing', input: ({ presetId: id }) => ({ id }) },
  'projects.list': { expected: 'own' },
  'projects.save': { expected: 'taken', input: ({ projectId: id }) => ({ id, name: 'Mine' }) },
  'projects.delete': { expected: 'missing', input: ({ projectId: id }) => ({ id }) },
  'push.key': { expected: 'own' },
  'push.subscribe': {
    expected: 'own',
    input: () => ({
      endpoint: 'https://push.example.com/of-another',
      keys: { p256dh: `B${'A'.repeat(86)}`, auth: 'A'.repeat(22) },
    }),
  },
  'push.unsubscribe': {
    expected: 'own',
    input: () => ({ endpoint: 'https://push.example.com/of-nobody' }),
  },
  'keys.list': { expected: 'own' },
  'keys.create': { expected: 'own', input: () => ({ name: 'another' }) },
  'keys.revoke': { expected: 'missing', input: ({ keyId: id }) => ({ id }) },
  'logins.list': { expected: 'own' },
  'logins.revoke': { expected: 'missing', input: ({ loginId: id }) => ({ id }) },
  'auth.options': { expected: 'public' },
  'account.export': { expected: 'own' },
  'account.delete': { expected: 'own', endsOneself: true },
  'admin.users.list': { expected: 'admin' },
  'admin.users.update': {
    expected: 'admin',
    input: ({ sessionId: id }) => ({ id, role: 'admin' }),
  },
  'admin.users.resetLink': { expected: 'admin', input: ({ sessionId: id }) => ({ id }) },
  'admin.users.delete': { expected: 'admin', input: ({ sessionId: id }) => ({ id }) },
  'admin.invites.create': { expected: 'admin' },
  'admin.invites.list': { expected: 'admin' },
  'admin.invites.revoke': { expected: 'admin', input: ({ sessionId: id }) => ({ id }) },
  'admin.usage': { expected: 'admin' },
  'admin.runs.list': { expected: 'admin' },
  'admin.runs.stop': { expected: 'admin', input: ({ runId }) => ({ runId }) },
  'admin.nodes': { expected: 'admin' },
  'admin.limits': { expected: 'admin' },
  'admin.settings': { expected: 'admin' },
  'admin.audit': { expected: 'admin' },
  'admin.exportAudit': { expected: 'admin' },
}
