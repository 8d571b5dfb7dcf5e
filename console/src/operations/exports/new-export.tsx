// Starts an export: its content, its format, which records, and for contacts the purpose.
import { Button, Checkbox, Group, Select, Stack, TextInput } from '@mantine/core'
import { useDebouncedValue } from '@mantine/hooks'
import { keepPreviousData, useMutation, useQuery } from '@tanstack/react-query'
import { useState } from 'react'
import { useFieldErrorAt } from '../../api/api-messages'
import { callApi } from '../../api/requests'
import { useSession } from '../../app/session'
import {
  createExport,
  type ExportFileFormat,
  type ExportFileKind,
  type ExportRequest,
  listCampaigns,
} from '../../client'
import { ProblemAlert } from '../../components/problem-alert'
import { SectionCard } from '../../components/section-card'
import { ZonedTimeInput } from '../../components/zoned-time-input'
import { useLocale } from '../../locales/i18n'
import { useKeepExport } from './export-queries'
import { allowedKinds, formatLabels, formatOrder, kindFilters, kindLabels } from './labels'

/** Campaigns that the list of choices shows at once. */
const MAX_CAMPAIGNS = 25
const TYPING_PAUSE_MS = 250

export function NewExport({ onStarted }: { onStarted: (id: string) => void }) {
  const { t } = useLocale()
  const session = useSession()
  const keep = useKeepExport()
  const [kind, setKind] = useState<ExportFileKind>('vouchers')
  const [format, setFormat] = useState<ExportFileFormat>('csv')
  const [campaign, setCampaign] = useState<string | null>(null)
  const [from, setFrom] = useState<string>()
  const [to, setTo] = useState<string>()
  const [contacts, setContacts] = useState(false)
  const [purpose, setPurpose] = useState('')
  const filters = kindFilters[kind]
  const hasContacts = kind === 'customers' && contacts
  const starting = useMutation({
    mutationFn: () => {
      const body: ExportRequest = {
        kind,
        format,
        filter: {
          campaign: filters.campaign ? campaign : null,
          from: filters.period ? (from ?? null) : null,
          to: filters.period ? (to ?? null) : null,
        },
        ...(hasContacts && { contacts: true, purpose }),
      }
      return callApi(createExport({ body }))
    },
    onSuccess: (view) => {
      keep(view)
      onStarted(view.id)
    },
  })
  const errorAt = useFieldErrorAt(starting.error)
  return (
    <SectionCard title={t('New export')}>
      <form
        onSubmit={(event) => {
          event.preventDefault()
          starting.mutate()
        }}
      >
        <Stack maw={640}>
          <Select
            label={t('Content')}
            description={t('What each row of the file is about.')}
            allowDeselect={false}
            value={kind}
            data={allowedKinds(session).map((value) => ({ value, label: t(kindLabels[value]) }))}
            onChange={(value) => setKind(value as ExportFileKind)}
          />
          <Select
            label={t('Format')}
            allowDeselect={false}
            value={format}
            data={formatOrder.map((value) => ({ value, label: t(formatLabels[value]) }))}
            onChange={(value) => setFormat(value as ExportFileFormat)}
          />
          {filters.campaign && (
            <CampaignSelect
              value={campaign}
              error={errorAt('/filter/campaign')}
              onChange={setCampaign}
            />
          )}
          {filters.period && (
            <Group align="flex-start">
              <ZonedTimeInput
                label={t('From')}
                hint={t('Leave blank to begin with the first record.')}
                error={errorAt('/filter/from')}
                value={from}
                onChange={setFrom}
              />
              <ZonedTimeInput
                label={t('Until')}
                hint={t('Leave blank to end with the last record.')}
                error={errorAt('/filter/to')}
                value={to}
                onChange={setTo}
              />
            </Group>
          )}
          {kind === 'customers' && session.mayAdminister && (
            <Checkbox
              label={t('Include names, addresses and cities')}
              description={t('The audit log keeps who exported contacts, when and for what.')}
              checked={contacts}
              onChange={({ currentTarget }) => setContacts(currentTarget.checked)}
            />
          )}
          {hasContacts && (
            <TextInput
              label={t('Purpose')}
              description={t('Say what the contacts are needed for.')}
              required
              value={purpose}
              error={errorAt('/purpose')}
              onChange={({ currentTarget }) => setPurpose(currentTarget.value)}
            />
          )}
          {starting.error && (
            <ProblemAlert error={starting.error} title={t('Couldn’t start the export')} />
          )}
          <Group>
            <Button type="submit" loading={starting.isPending}>
              {t('Start export')}
            </Button>
          </Group>
        </Stack>
      </form>
    </SectionCard>
  )
}

/** Takes a campaign by its name. */
function CampaignSelect({
  value,
  error,
  onChange,
}: {
  value: string | null
  error: string | undefined
  onChange: (campaign: string | null) => void
}) {
  const { t } = useLocale()
  const [typed, setTyped] = useState('')
  const [chosen, setChosen] = useState<{ value: string; label: string }>()
  // The name of what is chosen stands in the field, and is no search.
  const [q] = useDebouncedValue(typed === chosen?.label ? '' : typed, TYPING_PAUSE_MS)
  const { data } = useQuery({
    queryKey: ['exports', 'campaigns', q],
    placeholderData: keepPreviousData,
    queryFn: ({ signal }) =>
      callApi(listCampaigns({ query: { q: q || undefined, limit: MAX_CAMPAIGNS }, signal })),
  })
  const found = data?.items.map(({ id, name }) => ({ value: id, label: name })) ?? []
  const isMissing = chosen && !found.some((one) => one.value === chosen.value)
  return (
    <Select
      label={t('Campaign')}
      description={t('Leave blank to export all campaigns.')}
      searchable
      clearable
      clearButtonProps={{ 'aria-label': t('Clear') }}
      nothingFoundMessage={t('No campaign has this name.')}
      data={isMissing ? [chosen, ...found] : found}
      filter={({ options }) => options}
      searchValue={typed}
      onSearchChange={setTyped}
      value={value}
      error={error}
      onChange={(id, option) => {
        setChosen(id ? { value: id, label: option?.label ?? id } : undefined)
        onChange(id)
      }}
    />
  )
}
