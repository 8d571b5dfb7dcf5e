// Knows what the palette offers without asking the API: pages, tabs of the settings and actions, and
// which of them match what is typed.
import { type LocaleFormatter, msg } from '../locales/i18n'
import { settingsTabs } from '../operations/settings/settings-tabs'
import { menuSections } from './menu-pages'
import type { SearchParams } from './search-params'
import type { OperatorSession } from './session'

export type PaletteGroup = 'actions' | 'pages' | 'campaigns' | 'customers' | 'account'

/** The groups in the order in which they are shown. */
export const groupTitles: Record<PaletteGroup, string> = {
  actions: msg('Actions'),
  pages: msg('Pages'),
  campaigns: msg('Campaigns'),
  customers: msg('Customers'),
  account: msg('Your account'),
}

export interface PaletteEntry {
  key: string
  group: PaletteGroup
  /** The text that is shown and searched, in the operator's language. */
  name: string
  /** The name is data, and keeps its own direction. */
  isData?: boolean
  hint?: string
  to?: string
  search?: SearchParams
  run?: 'colours' | 'sign-out'
}

const actions: { name: string; to: string; search?: SearchParams }[] = [
  { name: msg('New promotion'), to: '/marketing/promotion/new' },
  { name: msg('New autopilot'), to: '/marketing/autopilot/new' },
  { name: msg('Start from a playbook'), to: '/marketing/playbooks' },
  {
    name: msg('Import a file'),
    to: '/configuration/voucher-campaign/imports',
    search: { new: 'yes' },
  },
]

const SETTINGS = '/configuration/voucher-campaign/settings'

/** Lists actions where the operator may change something, each page, and each tab of the settings. */
export function fixedEntries(
  { mayChange }: Pick<OperatorSession, 'mayChange'>,
  { t }: Pick<LocaleFormatter, 't'>,
): PaletteEntry[] {
  const allowed = mayChange ? actions : []
  return [
    ...allowed.map(({ name, ...target }) => ({
      key: `action ${name}`,
      group: 'actions' as const,
      name: t(name),
      ...target,
    })),
    ...menuSections.flatMap(({ title, pages }) =>
      pages.map(({ to, name }) => ({
        key: `page ${to}`,
        group: 'pages' as const,
        name: t(name),
        hint: t(title),
        to,
      })),
    ),
    ...settingsTabs.map(({ tab, name }) => ({
      key: `tab ${tab}`,
      group: 'pages' as const,
      name: t(name),
      hint: t('Settings'),
      to: SETTINGS,
      search: { tab },
    })),
    {
      key: 'action colours',
      group: 'account' as const,
      name: t('Switch between light and dark'),
      run: 'colours' as const,
    },
    {
      key: 'action sign-out',
      group: 'account' as const,
      name: t('Sign out'),
      run: 'sign-out' as const,
    },
  ]
}

/** Folds case and accents, so that `camp` finds “Campaña” and `uber` finds „Übersicht“. */
export const foldText = (text: string) =>
  text.normalize('NFD').replaceAll(/\p{M}/gu, '').toLowerCase()

/** Returns the entries of which each typed word begins some word of the name or its hint, in their order. */
export function matchEntries(entries: readonly PaletteEntry[], typed: string): PaletteEntry[] {
  const wanted = foldText(typed).split(/\s+/).filter(Boolean)
  return entries.filter(({ name, hint }) => {
    const words = foldText(`${name} ${hint ?? ''}`).split(/[^\p{L}\p{N}]+/u)
    return wanted.every((part) => words.some((word) => word.startsWith(part)))
  })
}

/** Puts entries into the order of their groups, and keeps the order within each. */
export function groupEntries(entries: readonly PaletteEntry[]) {
  const groups = Object.keys(groupTitles) as PaletteGroup[]
  return groups.flatMap((group) => {
    const own = entries.filter((entry) => entry.group === group)
    return own.length > 0 ? [{ group, entries: own }] : []
  })
}

/** Returns the place that an arrow, Home or End leads to; the list is a ring. */
export function movedTo(place: number, key: string, length: number): number | undefined {
  if (length === 0) return undefined
  switch (key) {
    case 'ArrowDown':
      return (place + 1) % length
    case 'ArrowUp':
      return (place - 1 + length) % length
    case 'Home':
      return 0
    case 'End':
      return length - 1
    default:
      return undefined
  }
}
