import { Monitor, Moon, Sun } from 'lucide-react'
import { useSyncExternalStore } from 'react'
import { Choice } from '../../ui/controls/choice.tsx'
import { theme } from './theme.ts'
import { t } from '../../language/t.ts'

const options = [
  {
    value: 'system',
    get label() {
      return t('System')
    },
    icon: <Monitor aria-hidden size={15} />,
  },
  {
    value: 'light',
    get label() {
      return t('Light')
    },
    icon: <Sun aria-hidden size={15} />,
  },
  {
    value: 'dark',
    get label() {
      return t('Dark')
    },
    icon: <Moon aria-hidden size={15} />,
  },
] as const

export function ThemeChoice() {
  const value = useSyncExternalStore(theme.subscribe, theme.get)
  return <Choice label={t('Theme')} value={value} options={options} onChange={theme.set} />
}
