// Shows the first records of a file as they would be imported.
import { Stack, Table, Text } from '@mantine/core'
import type { ImportView, PreviewedRecord } from '../../client'
import { ProblemAlert } from '../../components/problem-alert'
import { ScrollTable } from '../../components/scroll-table'
import { SectionCard } from '../../components/section-card'
import { useLocale } from '../../locales/i18n'
import { usePreview } from './import-queries'
import { fieldLabel } from './labels'

export function FilePreview({ view }: { view: ImportView }) {
  const { t } = useLocale()
  const { data, error } = usePreview(view, true)
  const title = t('First records after the import')
  if (error) return <ProblemAlert error={error} title={t('Couldn’t read the file')} />
  if (!data || data.records.length === 0) return null
  return (
    <SectionCard title={title}>
      <Text size="sm" c="dimmed">
        {t('Read from the file for you, and not stored.')}
      </Text>
      <ScrollTable label={title} miw={640}>
        <Table.Thead>
          <Table.Tr>
            <Table.Th className="number">{t('Line')}</Table.Th>
            <Table.Th>{t('Content')}</Table.Th>
          </Table.Tr>
        </Table.Thead>
        <Table.Tbody>
          {data.records.map((record) => (
            <Table.Tr key={record.record}>
              <Table.Td className="number">{record.lines}</Table.Td>
              <Table.Td className="wrap">
                <RecordText record={record} />
              </Table.Td>
            </Table.Tr>
          ))}
        </Table.Tbody>
      </ScrollTable>
    </SectionCard>
  )
}

function RecordText({ record }: { record: PreviewedRecord }) {
  const locale = useLocale()
  const { t } = locale
  if (record.refused)
    return (
      <Text size="sm" c="var(--mantine-color-error)">
        {t('Refused')}: <bdi lang="en">{record.refused.detail}</bdi>
      </Text>
    )
  if (record.values.length === 0)
    return <Text size="sm">{t('A further item of the order before it.')}</Text>
  return (
    <Stack gap={2}>
      {record.values.map(({ field, value }) => (
        <Text key={field} size="sm">
          {fieldLabel(field, locale)}: <bdi>{value}</bdi>
        </Text>
      ))}
      {record.left_out.map(({ column, detail }) => (
        <Text key={column} size="xs" c="dimmed">
          {t('Left out:')} <bdi>{column}</bdi> <bdi lang="en">{detail}</bdi>
        </Text>
      ))}
    </Stack>
  )
}
