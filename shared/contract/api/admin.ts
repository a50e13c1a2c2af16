import { z } from 'zod'
import { AuditEntry } from '../audit.ts'
import { RunId, SessionId, UserId } from '../ids.ts'
import { Timestamp } from '../session.ts'
import { noNul } from '../storable.ts'
import { Role, UserLimits } from '../user.ts'
import { group, mutation, query } from './declare.ts'
import { Moment, UsageTotals } from './people.ts'

/** Queries and commands of administrators. None of them returns text of conversations, not even a title. */

const Cursor = z.string().max(200).nullish()

/** A person's account in the administrators' view. */
export const Person = z.object({
  id: UserId,
  name: z.string(),
  email: z.string().nullable(),
  role: Role,
  suspendedAt: Timestamp.nullable(),
  /** They replace the limits of the settings; see `admin.limits`. */
  limits: UserLimits,
  createdAt: Timestamp,
})
export type Person = z.infer<typeof Person>

export const adminUsers = group('admin.users', {
  list: query({
    rest: 'GET /admin/users',
    summary: 'List the people, newest first',
    access: 'admin',
    input: z
      .object({
        /** A part of the name or the e-mail address. */
        search: z.string().trim().max(200).check(noNul).optional(),
        cursor: Cursor,
        limit: z.coerce.number<number>().int().min(1).max(200).default(50),
      })
      .prefault({}),
    output: z.object({ items: z.array(Person), nextCursor: z.string().nullable() }),
  }),

  /** Absent fields do not change. At least one administrator who is not suspended always remains. */
  update: mutation({
    rest: 'PATCH /admin/users/{id}',
    summary: 'Change the role, the limits or the access of a person',
    access: 'admin',
    input: z.object({
      id: UserId,
      role: Role.optional(),
      suspended: z.boolean().optional(),
      limits: UserLimits.optional(),
    }),
    output: Person,
    repeat: true,
  }),

  /** Opening the link within an hour allows setting a new password, once; every login of the person ends then. */
  resetLink: mutation({
    rest: 'POST /admin/users/{id}/reset-link',
    summary: 'Make a link with which a person sets a new password',
    access: 'admin',
    input: z.object({ id: UserId }),
    output: z.object({ link: z.string() }),
  }),

  delete: mutation({
    rest: 'DELETE /admin/users/{id}',
    summary: 'Delete a person with everything that is theirs',
    access: 'admin',
    input: z.object({ id: UserId }),
    output: z.object({ id: UserId }),
  }),
})

/** An invitation. Its link is shown only when it is made. */
export const Invitation = z.object({
  id: z.uuid(),
  email: z.string().nullable(),
  role: Role,
  createdBy: UserId.nullable(),
  createdAt: Timestamp,
  expiresAt: Timestamp.nullable(),
  usedAt: Timestamp.nullable(),
  usedBy: UserId.nullable(),
  revokedAt: Timestamp.nullable(),
})
export type Invitation = z.infer<typeof Invitation>

export const adminInvites = group('admin.invites', {
  create: mutation({
    rest: 'POST /admin/invites',
    summary: 'Invite somebody',
    access: 'admin',
    input: z
      .object({
        /** The only e-mail address that may use it; any address when absent. */
        email: z.email().max(320).optional(),
        role: Role.default('member'),
        /** A day from now when absent. */
        expiresAt: Moment.optional(),
      })
      .prefault({}),
    output: z.object({ id: z.uuid(), link: z.string() }),
  }),

  list: query({
    rest: 'GET /admin/invites',
    summary: 'List the invitations, newest first',
    access: 'admin',
    output: z.object({ items: z.array(Invitation) }),
  }),

  revoke: mutation({
    rest: 'DELETE /admin/invites/{id}',
    summary: 'Take an invitation back',
    access: 'admin',
    input: z.object({ id: z.uuid() }),
    output: z.object({ id: z.uuid() }),
  }),
})

const AdminRun = z.object({
  id: RunId,
  sessionId: SessionId,
  userId: UserId,
  userName: z.string(),
  status: z.enum(['queued', 'running', 'waiting']),
  model: z.string(),
  attempt: z.number().int(),
  /** The id of the node that drives it. */
  node: z.uuid().nullable(),
  stopRequested: z.boolean(),
  createdAt: Timestamp,
  startedAt: Timestamp.nullable(),
})

export const adminRuns = group('admin.runs', {
  list: query({
    rest: 'GET /admin/runs',
    summary: 'List the runs that are going or wait, oldest first',
    access: 'admin',
    input: z
      .object({ limit: z.coerce.number<number>().int().min(1).max(1000).default(200) })
      .prefault({}),
    output: z.object({ items: z.array(AdminRun) }),
  }),

  /** A queued run ends when it begins. */
  stop: mutation({
    rest: 'POST /admin/runs/{runId}/stop',
    summary: 'Stop a run of anybody',
    access: 'admin',
    input: z.object({ runId: RunId }),
    output: z.object({ stopped: z.boolean() }),
    repeat: true,
  }),
})

const AuditFilter = z.object({
  action: z.string().max(100).check(noNul).optional(),
  /** Entries whose actor or target is this person. */
  userId: UserId.optional(),
  from: Moment.optional(),
  to: Moment.optional(),
})

/** The limits of people without limits of their own; null is no limit. */
const LimitsInForce = z.object({
  requestsPerMinute: z.number().nullable(),
  sendsPerMinute: z.number().nullable(),
  runsAtOnce: z.number().nullable(),
  sessions: z.number().nullable(),
  tokensPerDay: z.number().nullable(),
  usdPerDay: z.number().nullable(),
  storageMb: z.number().nullable(),
})

export const admin = group('admin', {
  /** Usage and cost of the models: people, keys and models with the most tokens first, days in order. */
  usage: query({
    rest: 'GET /admin/usage',
    summary: 'What the models used, and cost, of everybody',
    access: 'admin',
    input: z
      .object({
        from: Moment.optional(),
        to: Moment.optional(),
        by: z.enum(['user', 'key', 'model', 'day']).default('user'),
      })
      .prefault({}),
    output: z.object({
      items: z.array(
        UsageTotals.extend({
          /** The id of the person or the key, the model, or the day in UTC; null for calls without a key. */
          id: z.string().nullable(),
          /** The name of a person or key that still exists. */
          name: z.string().nullable(),
        }),
      ),
      total: UsageTotals,
    }),
  }),

  nodes: query({
    rest: 'GET /admin/nodes',
    summary: 'List the server processes',
    access: 'admin',
    output: z.object({
      items: z.array(
        z.object({
          id: z.uuid(),
          /** True for the node that answers this request. */
          isSelf: z.boolean(),
          startedAt: Timestamp,
          leaseUntil: Timestamp,
          isAlive: z.boolean(),
          runs: z.number().int(),
          sessionsRead: z.number().int(),
        }),
      ),
    }),
  }),

  settings: query({
    rest: 'GET /admin/settings',
    summary: 'The settings that are in force, without secrets',
    access: 'admin',
    output: z.object({
      items: z.array(
        z.object({
          name: z.string(),
          /** Null when it is not set, and for a secret. */
          value: z.string().nullable(),
          /** True for a secret that is set. */
          isHidden: z.boolean(),
        }),
      ),
    }),
  }),

  limits: query({
    rest: 'GET /admin/limits',
    summary: 'The limits that are in force',
    access: 'admin',
    output: z.object({
      /** Null on a server without accounts. */
      perUser: LimitsInForce.nullable(),
      /** The limit of all people together for one day, in US dollars; null is no limit. */
      budgetUsdPerDay: z.number().nullable(),
    }),
  }),

  audit: query({
    rest: 'GET /admin/audit',
    summary: 'Read the audit log, newest first',
    access: 'admin',
    input: AuditFilter.extend({
      cursor: Cursor,
      limit: z.coerce.number<number>().int().min(1).max(500).default(100),
    }).prefault({}),
    output: z.object({ items: z.array(AuditEntry), nextCursor: z.string().nullable() }),
  }),

  /** The audit log as JSON lines. */
  exportAudit: query({
    rest: 'GET /admin/audit/export',
    summary: 'Download the audit log as JSON lines',
    access: 'admin',
    isLong: true,
    input: AuditFilter.prefault({}),
    output: z.object({ name: z.string(), mimeType: z.string(), content: z.string() }),
    file: 'download',
  }),
})
