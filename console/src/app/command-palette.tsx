// Shows the palette: one input that leads to any page, finds campaigns by name and customers by id,
// address or name, and starts what is done often. What is typed stays out of the address.
import { Text, useMantineColorScheme, useComputedColorScheme } from '@mantine/core'
import { useDebouncedValue } from '@mantine/hooks'
import { keepPreviousData, useQuery } from '@tanstack/react-query'
import { useNavigate } from '@tanstack/react-router'
import { type KeyboardEvent, useEffect, useId, useMemo, useState } from 'react'
import { callApi } from '../api/requests'
import { stateLabels } from '../campaign/labels'
import { listCampaigns, listCustomers } from '../client'
import { ModalDialog } from '../components/modal-dialog'
import { customerPath } from '../customers/customer-path'
import { useLocale } from '../locales/i18n'
import {
  fixedEntries,
  groupEntries,
  groupTitles,
  matchEntries,
  movedTo,
  type PaletteEntry,
} from './palette-entries'
import { searchParams } from './search-params'
import { useSession } from './session'

const DEBOUNCE_MS = 250
/** The fewest characters that are looked up: one letter finds half of everything. */
const MIN_CHARACTERS = 2
const MAX_CHARACTERS = 254
const MAX_FOUND = 6

/** Returns campaigns and customers that match what is typed, once there is enough of it. */
function useFoundEntries(typed: string) {
  const { t } = useLocale()
  const [q] = useDebouncedValue(typed.trim(), DEBOUNCE_MS)
  const enabled = q.length >= MIN_CHARACTERS
  const campaigns = useQuery({
    queryKey: ['palette', 'campaigns', q],
    enabled,
    placeholderData: keepPreviousData,
    queryFn: ({ signal }) => callApi(listCampaigns({ query: { q, limit: MAX_FOUND }, signal })),
  })
  const customers = useQuery({
    queryKey: ['palette', 'customers', q],
    enabled,
    retry: false,
    placeholderData: keepPreviousData,
    queryFn: ({ signal }) => callApi(listCustomers({ body: { q, limit: MAX_FOUND }, signal })),
  })
  const entries: PaletteEntry[] = !enabled
    ? []
    : [
        ...(campaigns.data?.items ?? []).map(({ id, kind, name, state }) => ({
          key: `campaign ${id}`,
          group: 'campaigns' as const,
          name,
          isData: true,
          hint: t(stateLabels[state]),
          to: `/marketing/${kind}/${id}`,
        })),
        ...(customers.data?.items ?? []).map(({ customer_id, first_name, last_name }) => {
          const name = [first_name, last_name].filter(Boolean).join(' ')
          return {
            key: `customer ${customer_id}`,
            group: 'customers' as const,
            name: name || customer_id,
            isData: true,
            hint: name ? customer_id : undefined,
            to: customerPath(customer_id),
          }
        }),
      ]
  const isSettled = q === typed.trim() && !campaigns.isFetching && !customers.isFetching
  return { entries, isSettled, enabled }
}

export default function CommandPalette({ onClose }: { onClose: () => void }) {
  const locale = useLocale()
  const { t, plural } = locale
  const session = useSession()
  const navigate = useNavigate()
  const { setColorScheme } = useMantineColorScheme()
  const scheme = useComputedColorScheme('light')
  const listId = useId()
  const [typed, setTyped] = useState('')
  const [place, setPlace] = useState(0)
  const fixed = useMemo(() => fixedEntries(session, locale), [session, locale])
  const found = useFoundEntries(typed)
  const groups = groupEntries([...matchEntries(fixed, typed), ...found.entries])
  const entries = groups.flatMap((one) => one.entries)
  const active = Math.min(place, entries.length - 1)
  const optionId = (at: number) => `${listId}-${at}`
  useEffect(() => {
    document.getElementById(`${listId}-${active}`)?.scrollIntoView({ block: 'nearest' })
  }, [active, listId])

  const choose = (entry: PaletteEntry | undefined) => {
    if (!entry) return
    onClose()
    if (entry.run === 'sign-out') session.signOut()
    else if (entry.run === 'colours') setColorScheme(scheme === 'dark' ? 'light' : 'dark')
    else void navigate({ to: entry.to, search: searchParams(entry.search ?? {}) })
  }
  const press = (event: KeyboardEvent) => {
    // A key that finishes a letter of Chinese or Japanese is not meant for the list.
    if (event.nativeEvent.isComposing) return
    const next = movedTo(active, event.key, entries.length)
    if (next !== undefined) {
      event.preventDefault()
      setPlace(next)
    } else if (event.key === 'Enter') {
      event.preventDefault()
      choose(entries[active])
    }
  }
  return (
    <ModalDialog onClose={onClose} title={t('Search everywhere')} yOffset="10vh">
      <input
        className="palette-input"
        role="combobox"
        aria-label={t('Page, campaign, customer or action')}
        aria-expanded
        aria-controls={listId}
        aria-activedescendant={entries.length > 0 ? optionId(active) : undefined}
        aria-autocomplete="list"
        autoComplete="off"
        spellCheck={false}
        dir="auto"
        data-autofocus
        maxLength={MAX_CHARACTERS}
        placeholder={t('Page, campaign, customer or action')}
        value={typed}
        onChange={({ currentTarget }) => {
          setTyped(currentTarget.value)
          setPlace(0)
        }}
        onKeyDown={press}
      />
      <div
        className="palette-list"
        id={listId}
        role="listbox"
        aria-label={t('Results')}
        aria-busy={found.enabled && !found.isSettled}
      >
        {groups.map(({ group, entries: own }) => (
          <div key={group} role="group" aria-label={t(groupTitles[group])}>
            <div className="palette-head" aria-hidden>
              {t(groupTitles[group])}
            </div>
            {own.map((entry) => (
              <PaletteOption
                key={entry.key}
                id={optionId(entries.indexOf(entry))}
                entry={entry}
                isActive={entry === entries[active]}
                onChoose={() => choose(entry)}
              />
            ))}
          </div>
        ))}
      </div>
      <Text size="sm" c="dimmed" role="status">
        {entries.length === 0
          ? found.isSettled
            ? t('Nothing found. Try a part of the name, or a whole e-mail address.')
            : t('Searching …')
          : plural(entries.length, '1 result', '{n} results')}
      </Text>
    </ModalDialog>
  )
}

function PaletteOption({
  id,
  entry: { group, name, isData, hint },
  isActive,
  onChoose,
}: {
  id: string
  entry: PaletteEntry
  isActive: boolean
  onChoose: () => void
}) {
  return (
    <div
      id={id}
      className="palette-option"
      role="option"
      aria-selected={isActive}
      // The focus stays in the input, which names the active option.
      onPointerDown={(event) => event.preventDefault()}
      onClick={onChoose}
    >
      {isData ? <bdi>{name}</bdi> : <span>{name}</span>}
      {hint && (
        <span className="palette-hint" dir={group === 'customers' ? 'ltr' : undefined}>
          {hint}
        </span>
      )}
    </div>
  )
}
