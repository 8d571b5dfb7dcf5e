// Names the states, the levels and the parts of an account's readiness, with their colours.
import type { AccountPart, FindingLevel, ReadinessState } from '../client'
import { msg } from '../locales/i18n'

export const partOrder: AccountPart[] = ['platform', 'email', 'sms', 'push', 'operations']

export const partLabels: Record<AccountPart, string> = {
  platform: msg('Platform'),
  email: msg('E-mail'),
  sms: msg('SMS'),
  push: msg('Push'),
  operations: msg('Operations'),
}

export const levelLabels: Record<FindingLevel, string> = {
  red: msg('In the way'),
  unknown: msg('Not known'),
  yellow: msg('Worth a look'),
  green: msg('Good'),
}

export const levelColors: Record<FindingLevel, string> = {
  red: 'red',
  unknown: 'gray',
  yellow: 'orange',
  green: 'pine',
}

export const stateMessages: Record<ReadinessState, { title: string; says: string; color: string }> =
  {
    never_checked: {
      title: msg('Not checked'),
      says: msg('Nothing is known about the account.'),
      color: 'gray',
    },
    not_ready: {
      title: msg('Not ready'),
      says: msg(
        'Campaigns that depend on what is in the way can’t be launched above {n} customers until it is mended and checked again.',
      ),
      color: 'red',
    },
    not_known: {
      title: msg('Not fully known'),
      says: msg('Nothing is in the way, but part of the account couldn’t be asked.'),
      color: 'gray',
    },
    old: {
      title: msg('Checked too long ago'),
      says: msg(
        'Nothing was in the way, more than a week ago. Quotas and identities change: check again.',
      ),
      color: 'orange',
    },
    ready: {
      title: msg('Ready'),
      says: msg('Nothing is in the way of a launch.'),
      color: 'pine',
    },
  }
