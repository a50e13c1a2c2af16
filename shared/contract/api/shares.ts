import { z } from 'zod'
import { SessionId } from '../ids.ts'
import { Share, ShareToken, SharedSnapshot } from '../share.ts'
import { group, mutation, query } from './declare.ts'

export const shares = group('shares', {
  /** Shares the active branch as it is now; what is said later is not in it. */
  create: mutation({
    rest: 'POST /share',
    summary: 'Share a snapshot of a session',
    input: z.object({ sessionId: SessionId }),
    output: Share,
  }),

  list: query({
    rest: 'GET /share',
    summary: 'List the shares',
    input: z.object({ sessionId: SessionId.optional() }).prefault({}),
    output: z.object({ shares: z.array(Share) }),
  }),

  /** Ends a share: its token shows nothing from here on. */
  revoke: mutation({
    rest: 'DELETE /share/{token}',
    summary: 'End a share',
    input: z.object({ token: ShareToken }),
    output: z.object({ token: ShareToken }),
  }),

  /** What a token shows, to anybody. */
  get: query({
    rest: 'GET /share/{token}',
    summary: 'Read a shared snapshot',
    input: z.object({ token: ShareToken }),
    output: SharedSnapshot,
    access: 'anyone',
  }),
})
