import type { Outputs } from '../../../shared/client/index.ts'
import { trpc } from '../../client.ts'

export type Project = Outputs['projects']['list'][number]

/** The person's projects, by name. */
export function useProjects() {
  const { data, isPending } = trpc.projects.list.useQuery(undefined, { retry: 1 })
  return { projects: data ?? NONE, isPending }
}

const NONE: readonly Project[] = []
