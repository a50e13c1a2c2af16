import { Monitor, Moon, Sun } from 'lucide-react'
import { useSyncExternalStore } from 'react'
import { Choice } from '../../ui/choice.tsx'
import { theme } from './theme.ts'

const options = [
  { value: 'system', label: 'System', icon: <Monitor aria-hidden size={15} /> },
  { value: 'light', label: 'Light', icon: <Sun aria-hidden size={15} /> },
  { value: 'dark', label: 'Dark', icon: <Moon aria-hidden size={15} /> },
] as const

export function ThemeChoice() {
  const value = useSyncExternalStore(theme.subscribe, theme.get)
  return <Choice label="Theme" value={value} options={options} onChange={theme.set} />
}
