import { z } from 'zod'
import { KeyId } from '../ids.ts'
import { noNul } from '../storable.ts'
import { Timestamp } from '../session.ts'
import { group, mutation, query } from './declare.ts'

/** An API key, with which a program acts for a person. */
export const ApiKey = z.object({
  id: KeyId,
  name: z.string(),
  /** A `read` key can change nothing. */
  scope: z.enum(['read', 'write']),
  /** The first characters of the key, by which a person recognises it. */
  prefix: z.string(),
  createdAt: Timestamp,
  expiresAt: Timestamp.nullable(),
  /** The most that model calls with this key may cost in one day (UTC), in US dollars. */
  usdPerDay: z.number().nullable(),
})
export type ApiKey = z.infer<typeof ApiKey>

export const keys = group('keys', {
  list: query({
    rest: 'GET /key',
    summary: 'List the API keys',
    output: z.array(ApiKey.extend({ lastUsedAt: Timestamp.nullable() })),
  }),

  /** The key itself is in this answer only. */
  create: mutation({
    rest: 'POST /key',
    summary: 'Make an API key',
    input: z.object({
      name: z.string().trim().min(1).max(100).check(noNul),
      scope: z.enum(['read', 'write']).default('write'),
      expiresAt: z.iso.datetime({ offset: true }).nullish(),
      usdPerDay: z.number().min(0).max(1_000_000).nullish(),
    }),
    output: ApiKey.extend({ key: z.string() }),
    by: 'person',
  }),

  revoke: mutation({
    rest: 'DELETE /key/{id}',
    summary: 'End an API key',
    input: z.object({ id: KeyId }),
    output: z.object({ id: KeyId }),
    by: 'person',
  }),
})

export const logins = group('logins', {
  list: query({
    rest: 'GET /login',
    summary: 'List where one is signed in',
    output: z.array(
      z.object({
        id: z.uuid(),
        /** True for the login that makes this request. */
        current: z.boolean(),
        createdAt: Timestamp,
        lastSeenAt: Timestamp,
        address: z.string().nullable(),
        userAgent: z.string().nullable(),
      }),
    ),
  }),

  revoke: mutation({
    rest: 'DELETE /login/{id}',
    summary: 'Sign out somewhere',
    input: z.object({ id: z.uuid().toLowerCase() }),
    output: z.object({ id: z.uuid() }),
    by: 'person',
  }),
})

export const account = group('account', {
  /** All conversations as one file, which can be imported again. */
  export: query({
    rest: 'GET /account/export',
    summary: 'Download all conversations as JSON',
    output: z.object({ name: z.string(), mimeType: z.string(), content: z.string() }),
    file: 'download',
  }),

  /** Deletes the account with everything in it. */
  delete: mutation({
    rest: 'DELETE /account',
    summary: 'Delete one’s own account with everything in it',
    output: z.object({ deleted: z.literal(true) }),
    by: 'person',
  }),
})
