// Checks what the palette offers to whom, what it finds, and where its keys lead.
import { expect, test } from 'vitest'
import { createFormatter, loadTranslations } from '../locales/i18n'
import { fixedEntries, foldText, groupEntries, matchEntries, movedTo } from './palette-entries'

const english = createFormatter('en', {}, () => {})
const entries = fixedEntries({ mayChange: true }, english)
const found = (typed: string) => matchEntries(entries, typed).map(({ name }) => name)

test('a word, the beginning of one, and words of the section find a page', () => {
  expect(found('playb')).toEqual(['Start from a playbook', 'Playbooks'])
  expect(found('  REPORTS  over ')).toEqual(['Overview'])
  expect(found('settings web')).toEqual(['Webhooks'])
  expect(found('new pro')).toEqual(['New promotion'])
  expect(found('book')).toEqual([])
  expect(found('')).toHaveLength(entries.length)
})
test('a viewer is offered every page and nothing that changes a campaign', () => {
  const viewed = fixedEntries({ mayChange: false }, english).map(({ name }) => name)
  expect(viewed).toContain('Imports')
  expect(viewed).toContain('Sign out')
  expect(viewed).not.toContain('New promotion')
})
test('each entry leads somewhere once, and no two have one key', () => {
  expect(new Set(entries.map(({ key }) => key)).size).toBe(entries.length)
  for (const { to, run } of entries) expect(Boolean(to)).toBe(!run)
})
test('accents, case and other scripts do not matter', async () => {
  expect(foldText('Übersicht CAMPAÑA')).toBe('ubersicht campana')
  const german = createFormatter('de', await loadTranslations('de'), () => {})
  const translated = fixedEntries({ mayChange: true }, german)
  expect(matchEntries(translated, 'ubersicht').map(({ to }) => to)).toContain(
    '/reports/voucher-campaigns/overview',
  )
})
test('arrows go around, and other keys go nowhere', () => {
  expect([movedTo(2, 'ArrowDown', 3), movedTo(0, 'ArrowUp', 3)]).toEqual([0, 2])
  expect([movedTo(1, 'Home', 3), movedTo(1, 'End', 3)]).toEqual([0, 2])
  expect([movedTo(0, 'a', 3), movedTo(0, 'ArrowDown', 0)]).toEqual([undefined, undefined])
})
test('groups stand in their order, and an empty one not at all', () => {
  const [last, ...rest] = fixedEntries({ mayChange: true }, english).toReversed()
  const groups = groupEntries([last!, ...rest])
  expect(groups.map(({ group }) => group)).toEqual(['actions', 'pages', 'account'])
  expect(groups.flatMap((one) => one.entries)).toHaveLength(entries.length)
})
