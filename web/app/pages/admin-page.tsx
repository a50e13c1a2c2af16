import { useState } from 'react'
import { Audit } from '../../features/admin/audit.tsx'
import { Invites } from '../../features/admin/invites.tsx'
import { People } from '../../features/admin/people.tsx'
import { Runs } from '../../features/admin/runs.tsx'
import { LimitsInForce, Nodes, SettingsInForce } from '../../features/admin/server-state.tsx'
import { UsageOfAll } from '../../features/admin/usage-of-all.tsx'
import { Choice } from '../../ui/controls/choice.tsx'
import { useAccounts } from '../use-accounts.ts'
import { Notice } from './not-found-page.tsx'
import { Column, Page } from './page.tsx'
import { Section } from './section.tsx'
import { useLanguage } from '../../language/language.ts'
import { t } from '../../language/t.ts'

const parts = [
  {
    value: 'people',
    get label() {
      return t('People')
    },
  },
  {
    value: 'usage',
    get label() {
      return t('Usage')
    },
  },
  {
    value: 'server',
    get label() {
      return t('Server')
    },
  },
  {
    value: 'audit',
    get label() {
      return t('Audit log')
    },
  },
] as const

/** The page of administrators: people and usage. It never shows the contents of conversations. */
export function AdminPage() {
  useLanguage()
  const [part, setPart] = useState<(typeof parts)[number]['value']>('people')
  const { isKnown, isAdmin } = useAccounts()
  if (!isAdmin) {
    return (
      <Page title={t('Administration')}>
        {isKnown && (
          <Notice text={t('This page is for administrators of a server with accounts.')} />
        )}
      </Page>
    )
  }
  return (
    <Page title={t('Administration')} hasLine={false}>
      <Column>
        <div className="grid grid-cols-1 gap-8">
          <Choice label={t('Part')} value={part} options={parts} onChange={setPart} />
          {part === 'people' && (
            <>
              <Section
                name="people"
                title={t('People')}
                text={t('Everybody with an account, and guests.')}
              >
                <People />
              </Section>
              <Section
                name="invitations"
                title={t('Invitations')}
                text={t(
                  'A link makes one account, within a day. With an address, only for that one.',
                )}
              >
                <Invites />
              </Section>
            </>
          )}
          {part === 'usage' && (
            <Section
              name="usage"
              title={t('Usage')}
              text={t('Tokens and cost of all models, since the beginning.')}
            >
              <UsageOfAll />
            </Section>
          )}
          {part === 'server' && (
            <>
              <Section
                name="answers"
                title={t('Answers')}
                text={t('What is being written, or waits its turn.')}
              >
                <Runs />
              </Section>
              <Section
                name="nodes"
                title={t('Nodes')}
                text={t('The server processes on this database.')}
              >
                <Nodes />
              </Section>
              <Section
                name="limits-in-force"
                title={t('Limits in force')}
                text={t(
                  'For everybody for whom you set no others. They come from the server’s settings.',
                )}
              >
                <LimitsInForce />
              </Section>
              <Section
                name="settings-in-force"
                title={t('Settings in force')}
                text={t('What this server was started with. Secrets are not shown.')}
              >
                <SettingsInForce />
              </Section>
            </>
          )}
          {part === 'audit' && (
            <Section
              name="audit-log"
              title={t('Audit log')}
              text={t(
                'Who did what, and from where. Nothing in it can be changed, and it has nothing that people said.',
              )}
            >
              <Audit />
            </Section>
          )}
        </div>
      </Column>
    </Page>
  )
}
