import { createHash } from 'node:crypto'
import type { StoredCall } from '../../db/queries/messages/call-rows.ts'
import type { ToolInfo } from '../../shared/contract/api/tools.ts'
import { CallId } from '../../shared/contract/ids.ts'
import type { ClientTool } from '../../shared/contract/run-options.ts'
import { isNestedTooDeeply } from '../../shared/contract/storable.ts'
import type { ToolCall } from '../../shared/contract/tool.ts'
import { readArguments } from '../tools/arguments.ts'
import type { CallContext } from '../tools/registry.ts'
import type { ToolOutcome } from '../tools/tool.ts'
import type { RunDeps } from './deps.ts'
import type { AskedCall } from './step.ts'
import { isWithClient, waitsForOthers } from '../../shared/session/waiting-call.ts'

type CallDeps = Pick<RunDeps, 'tools' | 'now' | 'newId'>

/**
 * The record of a call that the model asked for: running, awaiting approval, or failed when the tool does not exist or
 * the arguments are invalid, so that the model can try again.
 *
 * @param clientSeconds how long a client has for a call whose tool sets no limit; null for no limit
 */
export function newCall(
  { tools, now, newId }: CallDeps,
  asked: AskedCall,
  clientTools: readonly ClientTool[] = [],
  clientSeconds: number | null = null,
): Omit<StoredCall, 'step' | 'part'> {
  const own = clientTools.find(({ name }) => name === asked.name)
  if (own) {
    return callOfClient({ now, newId }, asked, own.timeoutSeconds ?? clientSeconds)
  }
  const parsed = tools.parse(asked.name, asked.arguments)
  const info = tools.offered().find(({ name }) => name === asked.name)
  const known = {
    id: CallId.parse(newId()),
    name: asked.name,
    source: info?.source ?? ('builtin' as const),
    effect: info?.effect ?? ('once' as const),
  }
  const place = { providerId: asked.providerId, arguments: asked.arguments }
  if (!parsed.ok || !info) {
    const error = parsed.ok ? 'There is no such tool.' : parsed.error
    const input = readable(asked.arguments)
    return { ...place, approvalHash: null, call: { ...known, status: 'failed', input, error } }
  }
  const { input } = parsed
  return tools.needsApproval(asked.name, input)
    ? {
        ...place,
        approvalHash: approvalHash(info, input),
        call: { ...known, status: 'awaiting-approval', input },
      }
    : {
        ...place,
        approvalHash: null,
        call: { ...known, status: 'running', input, startedAt: now() },
      }
}

/**
 * A call that the client carries out counts as running as soon as it is recorded, because a client may begin it at
 * once.
 */
function callOfClient(
  { now, newId }: Pick<CallDeps, 'now' | 'newId'>,
  asked: AskedCall,
  waitSeconds: number | null,
): Omit<StoredCall, 'step' | 'part'> {
  const { providerId, name } = asked
  const place = { providerId, arguments: asked.arguments, approvalHash: null }
  const known = {
    ...{ id: CallId.parse(newId()), name },
    ...{ source: 'client' as const, effect: 'once' as const },
  }
  const read = readArguments(name, asked.arguments)
  if (!read.ok) {
    const input = readable(asked.arguments)
    return { ...place, call: { ...known, status: 'failed', input, error: read.error } }
  }
  const call = { ...known, status: 'running' as const, input: read.value, startedAt: now() }
  return { ...place, waitSeconds, call }
}

/** The call as it begins, or as it waits for an approval first. */
export function begin(
  stored: StoredCall,
  { tools, now }: Pick<CallDeps, 'tools' | 'now'>,
): StoredCall {
  const call = { ...stored.call, status: 'running' as const, startedAt: now() }
  return askedFirst(stored, tools) ?? { ...stored, call }
}

/**
 * Decides, for every call before it begins, whether it needs an approval: a call that this attempt or an earlier one
 * recorded, or that was approved, imported, or is to be tried again.
 *
 * @returns the call as it waits for an approval, because its tool needs one now and nobody approved it, or because the
 *   tool is not the one that was approved; null when it may begin
 */
export function askedFirst(
  stored: StoredCall,
  tools: Pick<CallDeps['tools'], 'info' | 'needsApproval'>,
): StoredCall | null {
  const { progress: _, ...call } = stored.call
  const info = tools.info(call.name)
  // A call of a tool that does not exist does nothing, so it needs no approval.
  if (!info) {
    return null
  }
  const hash = approvalHash(info, call.input)
  const mayBegin = stored.approvalHash
    ? stored.approvalHash === hash
    : !tools.needsApproval(call.name, call.input)
  return mayBegin
    ? null
    : { ...stored, approvalHash: hash, call: { ...call, status: 'awaiting-approval' } }
}

/**
 * Carries out a call that is recorded as running, and returns it with its outcome.
 *
 * @param isAgain true when it began before with an unknown outcome
 */
export async function carryOut(
  call: ToolCall,
  { tools, files, now }: Pick<RunDeps, 'tools' | 'files' | 'now'>,
  context: Omit<CallContext, 'callId'>,
  isAgain = false,
): Promise<ToolCall> {
  const startedAt = call.startedAt ?? now()
  // An imported call may claim a harmless effect, so the tool's own declaration wins when it is `once`.
  const effect = tools.info(call.name)?.effect === 'once' ? 'once' : call.effect
  const outcome = await tools.execute(call.name, call.input, { ...context, callId: call.id })
  const kept =
    outcome.ok && outcome.brought
      ? await files.keep(context.caller.id, outcome.brought, context.signal, {
          ...(context.run && { session: context.run.sessionId }),
          call: call.id,
        })
      : { files: [], notes: [] }
  const durationMs = Math.max(0, Date.parse(now()) - Date.parse(startedAt))
  return {
    ...settled({ ...call, effect }, outcome, isAgain),
    ...(kept.files.length > 0 && { files: kept.files }),
    ...(kept.notes.length > 0 && { fileNotes: kept.notes }),
    effect: call.effect,
    startedAt,
    durationMs,
  }
}

/**
 * A cut call as the next attempt finds it: a call that may be repeated runs again under the same id; the outcome of one
 * that must not start twice is unknown.
 */
export function recovered(call: ToolCall): ToolCall {
  if (call.status !== 'running' || call.effect !== 'once' || isWithClient(call)) {
    return call
  }
  const { progress: _, ...rest } = call
  return { ...rest, status: 'unknown', error: CUT }
}

const CUT =
  'The server stopped while this call was running. Whether it happened is not known; it was not repeated.'

/** The end of a call that never began, or that its client has not answered, in a run that a person stopped. */
export function neverBegan(call: ToolCall): ToolCall {
  const error = isWithClient(call)
    ? 'The answer was stopped before the client gave an output.'
    : 'The answer was stopped before this call began.'
  return { ...call, status: 'failed', error }
}

/** The end of an open call when its run is given up after too many attempts. */
export function givenUp(call: ToolCall): ToolCall {
  const { progress: _, ...rest } = call
  if (call.status === 'running' && !isWithClient(call)) {
    const error = 'The server stopped each time this call was carried out. It was given up.'
    return { ...rest, status: call.effect === 'once' ? 'unknown' : 'failed', error }
  }
  const error = isWithClient(call)
    ? 'The answer was given up before the client gave an output.'
    : 'The answer was given up before this call began.'
  return { ...rest, status: 'failed', error }
}

function settled(
  { error: _, progress: __, ...call }: ToolCall,
  outcome: ToolOutcome,
  isAgain: boolean,
): ToolCall {
  if (outcome.ok) {
    return { ...call, status: 'completed', output: outcome.output }
  }
  if (isAgain && /^(unknown-tool|bad-arguments)$/.test(outcome.kind)) {
    const error = `${outcome.error} It was not tried again: whether the first call happened is still not known.`
    return { ...call, status: 'unknown', error }
  }
  // A `once` call that was stopped, lost or out of time may have happened all the same.
  const hidden = call.effect === 'once' && /^(stopped|timeout|lost)$/.test(outcome.kind)
  return hidden
    ? { ...call, status: 'unknown', error: `${outcome.error} Whether it happened is not known.` }
    : { ...call, status: 'failed', error: outcome.error }
}

/** The arguments as a JSON value if they can be recorded as one, else as text. */
function readable(text: string): unknown {
  try {
    const value: unknown = JSON.parse(text)
    return isNestedTooDeeply(value) ? text : value
  } catch {
    return text
  }
}

/**
 * A hash of everything that a person approves: the tool's name, description and schema, and the arguments. If the tool
 * changes before the call begins, the person is asked again.
 */
function approvalHash(
  tool: Pick<ToolInfo, 'name' | 'description' | 'inputSchema'>,
  input: unknown,
): string {
  const asked = JSON.stringify([tool.name, tool.description, tool.inputSchema, input])
  return createHash('sha256').update(asked).digest('hex')
}

/**
 * True for a call that the run still has to carry out. A call that is tried again apart from its run has an owner of
 * its own, and the run does not wait for it.
 */
export function isOpen({ call, owner }: StoredCall): boolean {
  if (owner) {
    return false
  }
  return (call.status === 'running' && !isWithClient(call)) || call.status === 'pending'
}

/** True when the run waits for a person's decision about the call, or for the client that carries it out. */
export function isAwaiting({ call, owner }: StoredCall): boolean {
  return !owner && waitsForOthers(call)
}

export function isSettled(stored: StoredCall): boolean {
  return !isOpen(stored) && !isAwaiting(stored)
}
