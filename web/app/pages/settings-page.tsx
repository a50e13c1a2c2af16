import { NotificationChoice } from '../../features/attention/notification-choice.tsx'
import { LanguageChoice } from '../../features/appearance/language-choice.tsx'
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
import { lazyPart } from '../../ui/loading/lazy-part.tsx'
import { useLanguage } from '../../language/language.ts'
import { t } from '../../language/t.ts'

const AccountSections = lazyPart(() => import('./account-sections.tsx'))

export function SettingsPage() {
  useLanguage()
  const model = useModelKind()
  const { hasAccounts, isGuest } = useAccounts()
  return (
    <Page title={t('Settings')} hasLine={false}>
      <Column>
        <div className="grid grid-cols-1 gap-9">
          <Section name="appearance" title={t('Appearance')} text={t('Saved in this browser.')}>
            <ThemeChoice />
            <LanguageChoice />
          </Section>
          <Section
            name="notifications"
            title={t('Notifications')}
            text={t('Of this browser, when an answer ends or a tool waits for you.')}
          >
            <NotificationChoice />
          </Section>
          <Section
            name="your-data"
            title={t('Your data')}
            text={t(
              'Export every session to one JSON file. Import such a file, or the conversations.json of a ChatGPT export.',
            )}
          >
            <Transfer />
          </Section>
          <Section
            name="assistants"
            title={t('Assistants')}
            text={t(
              'What a new session can begin with: instructions, a model, the tools it has, and first suggestions.',
            )}
          >
            <PresetList />
          </Section>
          <Section
            name="archived-sessions"
            title={t('Archived sessions')}
            text={t('Sessions that are kept out of the list.')}
          >
            <SessionRows
              label={t('Archived sessions')}
              only={{ archived: true }}
              none={t('Nothing is archived.')}
            />
          </Section>
          <Section
            name="shared-links"
            title={t('Shared links')}
            text={t(
              'Anyone with a link can read the conversation as it was when the link was created.',
            )}
          >
            <ShareRows none={t('Nothing is shared.')} />
          </Section>
          {hasAccounts && <AccountSections isGuest={isGuest} />}
          <Section
            name="models"
            title={t('Models')}
            text={
              model === 'demo'
                ? t(
                    'The built-in demo model answers here. It is not an AI. To use a real model, set OPENAI_API_KEY or OPENAI_BASE_URL.',
                  )
                : t('The models that the endpoint offers.')
            }
          >
            <ModelList />
          </Section>
          <Section name="tools" title={t('Tools')} text={t('The tools that the model may use.')}>
            <McpServerList />
            <ToolList />
          </Section>
        </div>
      </Column>
    </Page>
  )
}
