import { t } from '../../language/t.ts'

/** The roles that an administrator gives people, for a choice among them. */
export const roles = [
  {
    value: 'member',
    get label() {
      return t('Member')
    },
  },
  {
    value: 'admin',
    get label() {
      return t('Administrator')
    },
  },
] as const
