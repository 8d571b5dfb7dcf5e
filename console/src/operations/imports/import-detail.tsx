// Shows one import: where it stands, the meanings of its columns, what was found, and who did what.
import { Button, Group, List, Progress, Stack, Text } from '@mantine/core'
import { useMutation } from '@tanstack/react-query'
import { useState } from 'react'
import { callApi } from '../../api/requests'
import { useSession } from '../../app/session'
import { cancelImport, type ImportView, startImport } from '../../client'
import { ModalDialog } from '../../components/modal-dialog'
import { ProblemAlert } from '../../components/problem-alert'
import { QueryResult } from '../../components/query-result'
import { RelativeTime } from '../../components/relative-time'
import { SectionCard } from '../../components/section-card'
import { useLocale } from '../../locales/i18n'
import { CheckResult } from './check-result'
import { FilePreview } from './file-preview'
import { ImportBadge } from './import-list'
import { isOver, isWorking, useImport, useKeepImport } from './import-queries'
import { fileSize, kindLabels, stepLabels, systemName } from './labels'
import { MappingCard } from './mapping-card'

export function ImportDetail({ id }: { id: string }) {
  const { mayChange } = useSession()
  const query = useImport(id)
  return (
    <QueryResult query={query}>
      {(view) => (
        <Stack>
          <StateCard view={view} mayChange={mayChange} />
          {view.columns.length > 0 && (
            // What an operator chose is replaced by what was checked, once that is known.
            <MappingCard
              key={`${view.state}${JSON.stringify(view.mapping)}`}
              view={view}
              mayChange={mayChange}
            />
          )}
          <CheckResult view={view} />
          {mayChange && view.state === 'checked' && <FilePreview view={view} />}
          <HistoryCard view={view} />
        </Stack>
      )}
    </QueryResult>
  )
}

function StateCard({ view, mayChange }: { view: ImportView; mayChange: boolean }) {
  const { t, region } = useLocale()
  const system = systemName(view.system)
  return (
    <SectionCard title={t('File')} actions={<ImportBadge state={view.state} />}>
      <Text fw={600} className="wrap">
        <bdi>{view.file_name}</bdi>
      </Text>
      <Text size="sm">
        {t(kindLabels[view.kind])} · {fileSize(view.bytes, region)}
        {view.encoding && (
          <>
            {' · '}
            <span dir="ltr">{view.encoding}</span>
          </>
        )}
      </Text>
      {view.system && (
        <Text size="sm">
          {system
            ? t('Recognised as an export of {name}.', { name: system })
            : t('No known system. The columns were recognised by their names.')}
        </Text>
      )}
      <StateText view={view} />
      {isWorking(view.state) && <PassProgress view={view} />}
      {mayChange && <Actions view={view} />}
    </SectionCard>
  )
}

/** Says in a sentence what an import waits for, or how it ended. */
function StateText({ view }: { view: ImportView }) {
  const { t } = useLocale()
  switch (view.state) {
    case 'waiting_for_upload':
      return <Text>{t('The file is not here yet.')}</Text>
    case 'reading':
      return <Text>{t('The file is being checked. Nothing is imported.')}</Text>
    case 'checked':
      return (
        <Text>
          {t('Nothing is imported yet. Look at the columns and the result, then start the import.')}
        </Text>
      )
    case 'running':
      return <Text>{t('You can leave this page: the import continues.')}</Text>
    case 'done':
      return <Text>{t('The import is complete.')}</Text>
    case 'failed':
      return (
        <Text role="alert" c="var(--mantine-color-error)">
          {t('The whole file was refused.')} <bdi lang="en">{view.failure?.detail}</bdi>
        </Text>
      )
    case 'cancelled':
      return <Text>{t('The import was cancelled. Records imported before stay.')}</Text>
    case 'expired':
      return <Text>{t('The file was not uploaded in time. Make a new import.')}</Text>
  }
}

function PassProgress({ view }: { view: ImportView }) {
  const { t, number, percent, duration } = useLocale()
  const { bytes_read, records_read, records, records_per_second, seconds_left } = view.progress
  if (view.state === 'waiting_for_upload') return null
  return (
    <Stack gap={4}>
      <Progress
        value={(bytes_read / view.bytes) * 100}
        animated={bytes_read === 0}
        aria-label={t('Progress')}
      />
      <Text size="sm" role="status">
        {records
          ? t('{done} of {all} records ({share})', {
              done: number(records_read),
              all: number(records),
              share: percent(bytes_read, view.bytes),
            })
          : t('Reading the file…')}
        {records_per_second
          ? ` · ${t('{n} records per second', { n: number(records_per_second) })}`
          : ''}
        {seconds_left ? ` · ${t('{time} left', { time: duration(seconds_left * 1_000) })}` : ''}
      </Text>
    </Stack>
  )
}

/** Offers to start what was checked, and to cancel what is not over. */
function Actions({ view }: { view: ImportView }) {
  const { t, plural, number } = useLocale()
  const keep = useKeepImport()
  const [asked, setAsked] = useState(false)
  const path = { id: view.id }
  const starting = useMutation({
    mutationFn: () => callApi(startImport({ path, body: { mapping: view.mapping } })),
    onSuccess: keep,
  })
  const cancelling = useMutation({
    mutationFn: () => callApi(cancelImport({ path })),
    onSuccess: (answer) => {
      setAsked(false)
      keep(answer)
    },
  })
  if (isOver(view.state)) return null
  const { taken } = view.counts
  return (
    <>
      {starting.error && (
        <ProblemAlert error={starting.error} title={t('Couldn’t start the import')} />
      )}
      <Group>
        {view.state === 'checked' && (
          <Button
            loading={starting.isPending}
            disabled={taken === 0 || Boolean(view.columns_missing)}
            onClick={() => starting.mutate()}
          >
            {t('Start import')}
          </Button>
        )}
        <Button variant="default" onClick={() => setAsked(true)}>
          {t('Cancel import')}
        </Button>
        {view.state === 'checked' && taken > 0 && (
          <Text size="sm">
            {plural(taken, '1 record can be imported.', '{n} records can be imported.', {
              n: number(taken),
            })}
          </Text>
        )}
      </Group>
      {asked && (
        <ModalDialog title={t('Cancel import')} onClose={() => setAsked(false)}>
          <Stack>
            <Text>
              {t('Records that are imported already stay. A cancelled import can’t be continued.')}
            </Text>
            {cancelling.error && <ProblemAlert error={cancelling.error} />}
            <Group justify="flex-end">
              <Button variant="default" onClick={() => setAsked(false)}>
                {t('Back')}
              </Button>
              <Button
                color="red"
                loading={cancelling.isPending}
                onClick={() => cancelling.mutate()}
              >
                {t('Cancel import')}
              </Button>
            </Group>
          </Stack>
        </ModalDialog>
      )}
    </>
  )
}

function HistoryCard({ view }: { view: ImportView }) {
  const { t } = useLocale()
  if (view.history.length === 0) return null
  return (
    <SectionCard title={t('History')}>
      <List spacing={4} size="sm">
        {view.history.map((step) => (
          <List.Item key={`${step.action} ${step.at}`}>
            {t(stepLabels[step.action])} · <bdi>{step.by}</bdi> · <RelativeTime at={step.at} />
          </List.Item>
        ))}
      </List>
    </SectionCard>
  )
}
