import { useQuery } from '@tanstack/react-query'
import { basePath } from './base-path.ts'

export type Health = { model: string; speech: boolean }

/** The content of `/health`; undefined until it is loaded. */
export function useHealth(): Health | undefined {
  const { data } = useQuery({ queryKey: ['health'], queryFn: readHealth })
  return data
}

async function readHealth({ signal }: { signal: AbortSignal }): Promise<Health> {
  const response = await fetch(`${basePath}/health`, { signal })
  const health: unknown = await response.json()
  if (
    typeof health === 'object' &&
    health !== null &&
    'model' in health &&
    typeof health.model === 'string'
  ) {
    return { model: health.model, speech: 'speech' in health && health.speech === true }
  }
  throw new Error(`The health page answered ${response.status} without a model`)
}
