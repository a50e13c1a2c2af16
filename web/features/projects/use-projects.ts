import type { Outputs } from '../../../shared/client/index.ts'
import { trpc } from '../../client.ts'

export type Project = Outputs['projects']['list'][number]

/** The person's projects, by name; kept on the device, so that they are there without a network. */
export function useProjects() {
  const { data, isPending, error, refetch } = trpc.projects.list.useQuery(undefined, { retry: 1 })
  return {
    projects: data ?? NONE,
    isPending,
    /** Why they are not known; null when they are, even from before. */
    problem: data ? null : (error?.message ?? null),
    retry: () => void refetch(),
  }
}

const NONE: readonly Project[] = []
