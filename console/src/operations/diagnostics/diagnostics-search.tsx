// Searches for diagnostics: a customer by id, e-mail or phone, a campaign by name or id; both
// together ask why. The ids found are in the address.
import { Button, Group, Select, Text, TextInput } from '@mantine/core'
import { useDebouncedValue } from '@mantine/hooks'
import { keepPreviousData, useMutation, useQuery } from '@tanstack/react-query'
import { useState } from 'react'
import { callApi } from '../../api/requests'
import { useFilters } from '../../app/search-params'
import { useListedCampaign } from '../../campaign/campaign-link'
import { readCampaignPage } from '../../campaign/campaign-queries'
import { stateLabels } from '../../campaign/labels'
import {
  type CampaignListItem,
  type CustomerSearch,
  listCampaigns,
  searchCustomers,
} from '../../client'
import { ProblemAlert } from '../../components/problem-alert'
import { useLocale } from '../../locales/i18n'

const CAMPAIGN_LIMIT = 100
const DEBOUNCE_MS = 300

/** Reads an e-mail or a phone number (E.164) from the typed text, or `undefined` for an id. */
export function parseContact(typed: string): CustomerSearch | undefined {
  const text = typed.trim()
  const phone = text.replace(/[\s().-]/g, '')
  return /^\S+@\S+$/.test(text)
    ? { email: text }
    : /^(\+|00)\d{7,15}$/.test(phone)
      ? { phone: phone.replace(/^00/, '+') }
      : undefined
}

/** Reads a campaign id, also from the address of a campaign's page. */
export const parseCampaignId = (typed: string) => /cmp_[\w-]+/.exec(typed)?.[0]

export function DiagnosticsSearch() {
  const { t } = useLocale()
  const filters = useFilters()
  const customer = filters.text('customer') ?? ''
  const campaign = filters.text('campaign')
  const [typed, setTyped] = useState(customer)
  // A contact is sent in the request's body and never appears in this page's address.
  const searching = useMutation({
    mutationFn: (body: CustomerSearch) => callApi(searchCustomers({ body })),
    onSuccess: ({ customers: [first, ...others] }) => {
      if (first && others.length === 0) filters.set({ customer: first.id, page: [] })
    },
  })
  const search = () => {
    const address = parseContact(typed)
    searching.reset()
    if (address) searching.mutate(address)
    else filters.set({ customer: typed.trim(), page: [] })
  }
  const found = searching.data?.customers
  return (
    <form
      key={customer}
      role="search"
      onSubmit={(event) => {
        event.preventDefault()
        search()
      }}
    >
      <Group align="flex-end" className="no-print">
        <TextInput
          type="search"
          label={t('Customer')}
          description={t('Id, e-mail, or phone with country code')}
          value={typed}
          w={300}
          maxLength={254}
          dir="auto"
          autoComplete="off"
          onChange={({ currentTarget }) => setTyped(currentTarget.value)}
        />
        <Button type="submit" loading={searching.isPending}>
          {t('Find')}
        </Button>
        <CampaignSelect
          value={campaign}
          onChange={(id) => filters.set({ campaign: id, page: [] })}
        />
        {(customer || campaign) && (
          <Button
            variant="default"
            onClick={() => {
              setTyped('')
              filters.set({ customer: undefined, campaign: undefined, page: [] })
            }}
          >
            {t('Clear')}
          </Button>
        )}
      </Group>
      {searching.error && <ProblemAlert error={searching.error} />}
      <div role="status">
        {found?.length === 0 && <Text mt="sm">{t('No customer has this address now.')}</Text>}
        {found && found.length > 1 && (
          <Group mt="sm">
            <Text>{t('Several customers share it:')}</Text>
            {found.map(({ id }) => (
              <Button
                key={id}
                variant="light"
                size="compact-sm"
                onClick={() => filters.set({ customer: id, page: [] })}
              >
                {id}
              </Button>
            ))}
          </Group>
        )}
      </div>
    </form>
  )
}

function CampaignSelect({
  value,
  onChange,
}: {
  value: string | undefined
  onChange: (id: string | undefined) => void
}) {
  const { t } = useLocale()
  const [search, setSearch] = useState('')
  const [opened, setOpened] = useState(false)
  const [typed] = useDebouncedValue(search, DEBOUNCE_MS)
  const chosen = useListedCampaign(value)
  const label = (one: Pick<CampaignListItem, 'name' | 'state'>) =>
    `${one.name} (${t(stateLabels[one.state])})`
  // The text of the campaign that is chosen is no search.
  const wanted = chosen.data && typed === label(chosen.data) ? '' : typed
  // A search goes over all campaigns; without one the newest are offered.
  const recent = useQuery({
    queryKey: ['campaigns', 'named', wanted],
    enabled: opened,
    staleTime: 60_000,
    placeholderData: keepPreviousData,
    queryFn: async ({ signal }) =>
      wanted.trim()
        ? (await readCampaignPage({ q: wanted }, signal)).items
        : (await callApi(listCampaigns({ query: { limit: CAMPAIGN_LIMIT }, signal }))).items,
  })
  const pasted = parseCampaignId(search)
  const items = new Map<string, string>()
  if (value) items.set(value, chosen.data ? label(chosen.data) : value)
  for (const one of recent.data ?? []) items.set(one.id, label(one))
  if (pasted && !items.has(pasted)) items.set(pasted, pasted)
  return (
    <Select
      label={t('Campaign')}
      description={t('Its name, id or address')}
      w={320}
      searchable
      clearable
      value={value ?? null}
      placeholder={t('any')}
      limit={50}
      data={[...items].map(([id, name]) => ({ value: id, label: name }))}
      onSearchChange={setSearch}
      onDropdownOpen={() => setOpened(true)}
      nothingFoundMessage={
        recent.isFetching || typed !== search
          ? t('Searching…')
          : t('No campaign has “{text}” in its name.', { text: search })
      }
      filter={({ options, search: text }) =>
        options.filter(
          (one) =>
            'value' in one &&
            (one.value === parseCampaignId(text) ||
              one.label.toLocaleLowerCase().includes(text.trim().toLocaleLowerCase())),
        )
      }
      clearButtonProps={{ 'aria-label': t('Clear') }}
      onChange={(id) => onChange(id ?? undefined)}
    />
  )
}
