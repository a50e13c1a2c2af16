import type { Outputs } from '../../../shared/client/index.ts'
import { trpc } from '../../client.ts'

export type Project = Outputs['projects']['list'][number]

/** The person's projects, by name; kept on the device, so that they are there without a network. */
export function useProjects() {
  const { data, isPending, error, refetch } = trpc.projects.list.useQuery(undefined, { retry: 1 })
  return {
    projects: data ?? NONE,
    isPending,
    /** The reason why they could not be loaded; null when they are known, even from the cache. */
    problem: data ? null : (error?.message ?? null),
    retry: () => void refetch(),
  }
}

const NONE: readonly Project[] = []
