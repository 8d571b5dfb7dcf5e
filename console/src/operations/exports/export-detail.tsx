// Shows one export: how far it is, its files to download with their checksums, and its columns.
import { Anchor, Button, Code, Group, Stack, Table, Text } from '@mantine/core'
import { useMutation } from '@tanstack/react-query'
import { useState } from 'react'
import { callApi } from '../../api/requests'
import { useSession } from '../../app/session'
import { CampaignLink } from '../../campaign/campaign-link'
import { type ExportFileView, type ExportView, removeExport } from '../../client'
import { ModalDialog } from '../../components/modal-dialog'
import { ProblemAlert } from '../../components/problem-alert'
import { QueryResult } from '../../components/query-result'
import { RelativeTime } from '../../components/relative-time'
import { ScrollTable } from '../../components/scroll-table'
import { SectionCard } from '../../components/section-card'
import { useLocale } from '../../locales/i18n'
import { fileSize } from '../imports/labels'
import { ExportBadge } from './export-list'
import { useExport, useKeepExport } from './export-queries'
import { formatLabels, kindLabels } from './labels'

export function ExportDetail({ id }: { id: string }) {
  const query = useExport(id)
  return (
    <QueryResult query={query}>
      {(view) => (
        <Stack>
          <StateCard view={view} />
          {view.files.length > 0 && <FilesCard view={view} />}
          <ColumnsCard view={view} />
        </Stack>
      )}
    </QueryResult>
  )
}

function StateCard({ view }: { view: ExportView }) {
  const { t, plural, number } = useLocale()
  const { rows, read, unreadable } = view.counts
  return (
    <SectionCard title={t('State')} actions={<ExportBadge state={view.state} />}>
      <Text fw={600}>
        {t(kindLabels[view.kind])} · {t(formatLabels[view.format])}
        {view.contacts && ` · ${t('with contacts')}`}
      </Text>
      <Text size="sm">
        <bdi>{view.created_by}</bdi> · <RelativeTime at={view.created_at} />
      </Text>
      {view.filter.campaign && (
        <Text size="sm">
          {t('Campaign')}: <CampaignLink id={view.filter.campaign} />
        </Text>
      )}
      {view.purpose && (
        <Text size="sm" className="wrap">
          {t('Purpose')}: <bdi>{view.purpose}</bdi>
        </Text>
      )}
      <StateText view={view} />
      <Text size="sm" role="status">
        {plural(rows, '1 row', '{n} rows', { n: number(rows) })} ·{' '}
        {plural(read, '1 record read', '{n} records read', { n: number(read) })}
      </Text>
      {unreadable > 0 && (
        <Text size="sm" c="var(--mantine-color-error)">
          {plural(
            unreadable,
            '1 record couldn’t be read and is missing.',
            '{n} records couldn’t be read and are missing.',
            { n: number(unreadable) },
          )}
        </Text>
      )}
      <Removal view={view} />
    </SectionCard>
  )
}

/** Says in a sentence what an export does, or how it ended. */
function StateText({ view }: { view: ExportView }) {
  const { t } = useLocale()
  switch (view.state) {
    case 'running':
      return <Text>{t('You can leave this page: the export continues.')}</Text>
    case 'done':
      return (
        <Text>
          {t('The export is complete.')}{' '}
          {view.files_until && (
            <>
              {t('Files are deleted:')} <RelativeTime at={view.files_until} />
            </>
          )}
        </Text>
      )
    case 'failed':
      return (
        <Text role="alert" c="var(--mantine-color-error)">
          {t('The export failed.')} <bdi lang="en">{view.failure?.detail}</bdi>
        </Text>
      )
    case 'removed':
      return <Text>{t('The files were removed.')}</Text>
    case 'expired':
      return <Text>{t('The files were deleted after seven days. Start a new export.')}</Text>
  }
}

/** Offers to cancel an export that is running, and to remove the files of one that is done. */
function Removal({ view }: { view: ExportView }) {
  const { t } = useLocale()
  const { mayChange, mayAdminister } = useSession()
  const keep = useKeepExport()
  const [asked, setAsked] = useState(false)
  const removing = useMutation({
    mutationFn: () => callApi(removeExport({ path: { id: view.id } })),
    onSuccess: (answer) => {
      setAsked(false)
      keep(answer)
    },
  })
  const isThere = view.state === 'running' || view.state === 'done'
  if (!isThere || !(view.contacts ? mayAdminister : mayChange)) return null
  const title = view.state === 'running' ? t('Cancel export') : t('Remove files')
  return (
    <>
      <Group>
        <Button variant="default" onClick={() => setAsked(true)}>
          {title}
        </Button>
      </Group>
      {asked && (
        <ModalDialog title={title} onClose={() => setAsked(false)}>
          <Stack>
            <Text>{t('Nobody can download the files any more. This can’t be undone.')}</Text>
            {removing.error && <ProblemAlert error={removing.error} />}
            <Group justify="flex-end">
              <Button variant="default" onClick={() => setAsked(false)}>
                {t('Back')}
              </Button>
              <Button color="red" loading={removing.isPending} onClick={() => removing.mutate()}>
                {title}
              </Button>
            </Group>
          </Stack>
        </ModalDialog>
      )}
    </>
  )
}

function FilesCard({ view }: { view: ExportView }) {
  const { t } = useLocale()
  const files = view.manifest ? [...view.files, view.manifest] : view.files
  return (
    <SectionCard title={t('Files')}>
      <Text size="sm">
        {t('The manifest lists every file with its rows, size and SHA-256 checksum.')}
      </Text>
      <ScrollTable label={t('Files')} miw={700}>
        <Table.Thead>
          <Table.Tr>
            <Table.Th>{t('File')}</Table.Th>
            <Table.Th className="number">{t('Rows')}</Table.Th>
            <Table.Th className="number">{t('Size')}</Table.Th>
            <Table.Th>{t('Checksum')}</Table.Th>
          </Table.Tr>
        </Table.Thead>
        <Table.Tbody>
          {files.map((file) => (
            <FileRow key={file.name} file={file} />
          ))}
        </Table.Tbody>
      </ScrollTable>
    </SectionCard>
  )
}

/** Shows a file, as a link for those who may download it. */
function FileRow({ file }: { file: ExportFileView }) {
  const { number, region } = useLocale()
  const name = <span dir="ltr">{file.name}</span>
  return (
    <Table.Tr>
      <Table.Th scope="row">
        {file.url ? (
          <Anchor href={file.url} download rel="noreferrer">
            {name}
          </Anchor>
        ) : (
          name
        )}
      </Table.Th>
      <Table.Td className="number">{number(file.rows)}</Table.Td>
      <Table.Td className="number">{fileSize(file.bytes, region)}</Table.Td>
      <Table.Td className="wrap">
        <Code dir="ltr">{file.sha256}</Code>
      </Table.Td>
    </Table.Tr>
  )
}

function ColumnsCard({ view }: { view: ExportView }) {
  const { t } = useLocale()
  return (
    <SectionCard title={t('Columns')}>
      <ScrollTable label={t('Columns')} miw={600}>
        <Table.Thead>
          <Table.Tr>
            <Table.Th>{t('Column')}</Table.Th>
            <Table.Th>{t('Type')}</Table.Th>
            <Table.Th>{t('Meaning')}</Table.Th>
          </Table.Tr>
        </Table.Thead>
        <Table.Tbody>
          {view.columns.map((column) => (
            <Table.Tr key={column.name}>
              <Table.Th scope="row">
                <Code dir="ltr">{column.name}</Code>
              </Table.Th>
              <Table.Td>
                <span dir="ltr">{column.type}</span>
              </Table.Td>
              <Table.Td className="wrap">
                <bdi lang="en">{column.meaning}</bdi>
              </Table.Td>
            </Table.Tr>
          ))}
        </Table.Tbody>
      </ScrollTable>
    </SectionCard>
  )
}
