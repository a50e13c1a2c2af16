import { useState } from 'react'
import { Audit } from '../../features/admin/audit.tsx'
import { Invites } from '../../features/admin/invites.tsx'
import { People } from '../../features/admin/people.tsx'
import { Runs } from '../../features/admin/runs.tsx'
import { LimitsInForce, Nodes } from '../../features/admin/server-state.tsx'
import { UsageOfAll } from '../../features/admin/usage-of-all.tsx'
import { Choice } from '../../ui/choice.tsx'
import { useAccounts } from '../use-accounts.ts'
import { Notice } from './not-found-page.tsx'
import { Column, Page } from './page.tsx'
import { Section } from './section.tsx'

const parts = [
  { value: 'people', label: 'People' },
  { value: 'usage', label: 'Usage' },
  { value: 'server', label: 'Server' },
  { value: 'audit', label: 'Audit log' },
] as const

/** For administrators: who is here and what is used. Nothing here shows what people said. */
export function AdminPage() {
  const [part, setPart] = useState<(typeof parts)[number]['value']>('people')
  const { isKnown, isAdmin } = useAccounts()
  if (!isAdmin) {
    return (
      <Page title="Administration">
        {isKnown && <Notice text="This page is for administrators of a server with accounts." />}
      </Page>
    )
  }
  return (
    <Page title="Administration" hasLine={false}>
      <Column>
        <div className="grid grid-cols-1 gap-8">
          <Choice label="Part" value={part} options={parts} onChange={setPart} />
          {part === 'people' && (
            <>
              <Section title="People" text="Everybody with an account, and guests.">
                <People />
              </Section>
              <Section
                title="Invitations"
                text="A link makes one account, within a day. With an address, only for that one."
              >
                <Invites />
              </Section>
            </>
          )}
          {part === 'usage' && (
            <Section title="Usage" text="Tokens and cost of all models, since the beginning.">
              <UsageOfAll />
            </Section>
          )}
          {part === 'server' && (
            <>
              <Section title="Answers" text="What is being written, or waits its turn.">
                <Runs />
              </Section>
              <Section title="Nodes" text="The server processes on this database.">
                <Nodes />
              </Section>
              <Section
                title="Limits in force"
                text="For everybody for whom you set no others. They come from the server’s settings."
              >
                <LimitsInForce />
              </Section>
            </>
          )}
          {part === 'audit' && (
            <Section
              title="Audit log"
              text="Who did what, and from where. Nothing in it can be changed, and it has nothing that people said."
            >
              <Audit />
            </Section>
          )}
        </div>
      </Column>
    </Page>
  )
}
