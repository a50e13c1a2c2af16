import { t } from '../../language/t.ts'

/** A person's role, within a sentence. */
export function roleName(role: 'admin' | 'member' | 'guest'): string {
  switch (role) {
    case 'admin':
      return t('admin')
    case 'member':
      return t('member')
    case 'guest':
      return t('guest')
  }
}
