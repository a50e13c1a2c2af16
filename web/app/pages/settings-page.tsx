import { Suspense, lazy } from 'react'
import { NotificationChoice } from '../../features/attention/notification-choice.tsx'
import { ThemeChoice } from '../../features/appearance/theme-choice.tsx'
import { PresetList } from '../../features/presets/preset-list.tsx'
import { SessionRows } from '../../features/sessions/session-rows.tsx'
import { ModelList } from '../../features/models/model-list.tsx'
import { ShareRows } from '../../features/sessions/dialogs/share-rows.tsx'
import { Transfer } from '../../features/sessions/transfer.tsx'
import { McpServerList } from '../../features/tools/mcp-server-list.tsx'
import { ToolList } from '../../features/tools/tool-list.tsx'
import { Column, Page } from './page.tsx'
import { Section } from './section.tsx'
import { useAccounts } from '../use-accounts.ts'
import { useModelKind } from '../use-model-kind.ts'
import { loaded } from '../../ui/loaded.ts'

const AccountSections = lazy(() => loaded(() => import('./account-sections.tsx')))

export function SettingsPage() {
  const model = useModelKind()
  const { hasAccounts, isGuest } = useAccounts()
  return (
    <Page title="Settings" hasLine={false}>
      <Column>
        <div className="grid grid-cols-1 gap-9">
          <Section title="Appearance" text="Saved in this browser.">
            <ThemeChoice />
          </Section>
          <Section title="Notifications" text="Of this browser, while the app is open in a tab.">
            <NotificationChoice />
          </Section>
          <Section
            title="Your data"
            text="Export every session to one JSON file. Import such a file, or the conversations.json of a ChatGPT export."
          >
            <Transfer />
          </Section>
          <Section
            title="Assistants"
            text="What a new session can begin with: instructions, a model, the tools it has, and first suggestions."
          >
            <PresetList />
          </Section>
          <Section title="Archive" text="Sessions that are kept out of the list.">
            <SessionRows
              label="Archived sessions"
              only={{ archived: true }}
              none="Nothing is archived."
            />
          </Section>
          <Section
            title="Shared links"
            text="Anyone with a link can read the conversation as it was when the link was created."
          >
            <ShareRows none="Nothing is shared." />
          </Section>
          {hasAccounts && (
            <Suspense>
              <AccountSections isGuest={isGuest} />
            </Suspense>
          )}
          <Section
            title="Models"
            text={
              model === 'demo'
                ? 'The built-in demo model answers here. It is not an AI. To use a real model, set OPENAI_API_KEY or OPENAI_BASE_URL.'
                : 'The models that the endpoint offers.'
            }
          >
            <ModelList />
          </Section>
          <Section title="Tools" text="The tools that the model may use.">
            <McpServerList />
            <ToolList />
          </Section>
        </div>
      </Column>
    </Page>
  )
}
