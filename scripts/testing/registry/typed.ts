import { connect, isApiError } from 'throughline-client'
import type { Inputs, Outputs, ApiErrorCode } from 'throughline-client'
import { Session, newId } from 'throughline-client/contract'
import { useSession } from 'throughline-client/react'

type IsUnknown<T> = unknown extends T ? true : false
type Equal<A, B> =
  (<T>() => T extends A ? 1 : 2) extends <T>() => T extends B ? 1 : 2 ? true : false
function same<A, B>(_proof: Equal<A, B>): void {}

// Without `strict`, every input is optional, because any type allows undefined.
type Given<T> = Exclude<T, void | undefined>
same<IsUnknown<Given<Inputs['messages']['send']>['text']>, false>(true)
same<IsUnknown<Given<Inputs['sessions']['list']>['limit']>, false>(true)
same<IsUnknown<Given<Inputs['sessions']['search']>['limit']>, false>(true)
same<IsUnknown<Given<Inputs['sessions']['log']>['after']>, false>(true)
same<IsUnknown<Given<Inputs['messages']['list']>['limit']>, false>(true)
same<Outputs['sessions']['get']['pinned'], boolean>(true)
same<Outputs['runs']['stop'], { stopped: boolean }>(true)

export async function main(): Promise<void> {
  const client = connect({ url: 'http://127.0.0.1:8001', timeoutMs: 5_000 })
  const { id } = await client.api.sessions.create.mutate({ id: newId(), title: 'x' })
  // @ts-expect-error there is no such field
  await client.api.sessions.get.query({ ide: id })
  // @ts-expect-error a limit is a number
  await client.api.sessions.list.query({ limit: [] })
  try {
    await client.session(id).send('Hello')
  } catch (error) {
    if (isApiError(error, 'CONFLICT')) same<typeof error.data.httpStatus, number>(true)
    if (isApiError(error)) void (error.data.code satisfies ApiErrorCode)
  }
  for await (const { event } of client.session(id).events()) {
    // @ts-expect-error there is no such event
    if (event.type === 'nonsense') break
  }
  void Session.parse({}).title
}

export function useLength(id: string): number | undefined {
  return useSession(id, ({ state }) => state?.messages.length)
}
