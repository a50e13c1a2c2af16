import { basePath } from '../../base-path.ts'
import { trpc } from '../../client.ts'
import { msg, t } from '../../language/t.ts'
import { NotLoaded } from '../../ui/loading/not-loaded.tsx'
import { Button } from '../../ui/controls/button.tsx'

const statusTexts = {
  connected: msg('connected'),
  connecting: msg('connecting…'),
  away: msg('not available'),
  'signed-out': msg('sign in to use its tools'),
}

/** The MCP servers, and where one signs in to them; nothing where there are none. */
export function McpServerList() {
  const utils = trpc.useUtils()
  const { data, error, refetch } = trpc.mcp.servers.useQuery(undefined, { retry: false })
  const signOut = trpc.mcp.signOut.useMutation({
    onSettled: () => Promise.all([utils.mcp.invalidate(), utils.tools.list.invalidate()]),
  })
  const problem = new URLSearchParams(location.search).get('problem')
  if (!data && error) {
    return <NotLoaded reason={error.message} onRetry={() => void refetch()} />
  }
  if (!data || data.length === 0) return null
  return (
    <div id="mcp" className="mb-4 grid gap-2">
      <h3 className="text-sm font-medium">{t('Servers')}</h3>
      {problem && (
        <p role="alert" className="text-sm text-danger">
          {problem}
        </p>
      )}
      <ul aria-label={t('MCP servers')} className="grid gap-2">
        {data.map(({ name, status, reason, signIn }) => (
          <li
            key={name}
            className="flex min-h-12 flex-wrap items-center gap-x-3 gap-y-1 rounded-xl border border-border px-3.5 py-2"
          >
            <span className="font-mono text-[0.8125rem] wrap-anywhere">{name}</span>
            <span className="min-w-0 flex-1 text-xs wrap-anywhere text-muted">
              {t(statusTexts[status])}
              {reason && `: ${reason}`}
            </span>
            {signIn && status === 'signed-out' && (
              <a
                href={`${basePath}${signIn}`}
                aria-label={t('Sign in to {server}', { server: name })}
                className="inline-flex min-h-8 items-center rounded-lg bg-accent px-3 text-sm font-medium text-on-accent hover:brightness-110"
              >
                {t('Sign in')}
              </a>
            )}
            {signIn && status !== 'signed-out' && (
              <Button
                aria-label={t('Sign out of {server}', { server: name })}
                aria-disabled={signOut.isPending}
                onClick={() => !signOut.isPending && signOut.mutate({ server: name })}
              >
                {t('Sign out')}
              </Button>
            )}
          </li>
        ))}
      </ul>
    </div>
  )
}
