// The search of diagnostics: a customer by their id, a campaign by its name or id; both together ask why. What is found stands in the address.
import { Button, Group, Select, TextInput } from '@mantine/core'
import { useQuery } from '@tanstack/react-query'
import { useState } from 'react'
import { listCampaigns, type CampaignSummary } from '../client'
import { call } from '../app/api'
import { useWords } from '../app/i18n'
import { stateWords } from '../app/parts'
import { useFilters } from '../app/search'
import { useCampaignFacts } from '../campaigns/name'

const HUNDRED = 100

/** What was typed, as the API can ask it. Only ids are found so far. */
export const customerOf = (typed: string) => typed.trim()

/** An id, also out of the address of a campaign's page. */
export const campaignOf = (typed: string) => /cmp_[\w-]+/.exec(typed)?.[0]

export function Find() {
  const { t } = useWords()
  const filters = useFilters()
  const customer = filters.text('customer') ?? ''
  const campaign = filters.text('campaign')
  const [typed, setTyped] = useState(customer)
  return (
    <form key={customer} role="search" onSubmit={(event) => { event.preventDefault(); filters.set({ customer: customerOf(typed), page: [] }) }}>
      <Group align="flex-end" className="no-print">
        <TextInput type="search" label={t('Customer')} description={t('The id that your app backend uses')} value={typed} w={300} maxLength={64} dir="auto" autoComplete="off" onChange={({ currentTarget }) => setTyped(currentTarget.value)} />
        <Button type="submit">{t('Find')}</Button>
        <CampaignSelect value={campaign} onChange={(id) => filters.set({ campaign: id, page: [] })} />
        {(customer || campaign) && <Button variant="default" onClick={() => { setTyped(''); filters.set({ customer: undefined, campaign: undefined, page: [] }) }}>{t('Clear')}</Button>}
      </Group>
    </form>
  )
}

function CampaignSelect({ value, onChange }: { value: string | undefined; onChange: (id: string | undefined) => void }) {
  const { t } = useWords()
  const [search, setSearch] = useState('')
  const [opened, setOpened] = useState(false)
  const recent = useQuery({
    queryKey: ['campaigns', 'recent'], enabled: opened, staleTime: 60_000,
    queryFn: async ({ signal }) => (await call(listCampaigns({ query: { limit: HUNDRED }, signal }))).items,
  })
  const chosen = useCampaignFacts(value)
  const pasted = campaignOf(search)
  const items = new Map<string, string>()
  const label = (one: Pick<CampaignSummary, 'name' | 'state'>) => `${one.name} (${t(stateWords[one.state])})`
  if (value) items.set(value, chosen.data ? label(chosen.data) : value)
  for (const one of recent.data ?? []) items.set(one.id, label(one))
  if (pasted && !items.has(pasted)) items.set(pasted, pasted)
  return (
    <Select label={t('Campaign')} description={t('Its name, id or address')} w={320} searchable clearable value={value ?? null} placeholder={t('any')} limit={50}
      data={[...items].map(([id, name]) => ({ value: id, label: name }))} onSearchChange={setSearch} onDropdownOpen={() => setOpened(true)} nothingFoundMessage={t('Not among the newest hundred: paste its id.')}
      filter={({ options, search: text }) => options.filter((one) => 'value' in one && (one.value === campaignOf(text) || one.label.toLocaleLowerCase().includes(text.trim().toLocaleLowerCase())))}
      clearButtonProps={{ 'aria-label': t('Clear') }} onChange={(id) => onChange(id ?? undefined)} />
  )
}
