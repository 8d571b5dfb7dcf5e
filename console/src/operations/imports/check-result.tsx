// Shows the counts of a check or an import, what was refused or left out for which reason, and the
// first places, with the refused records as a file to download.
import { Button, Group, Table, Text } from '@mantine/core'
import { useMutation } from '@tanstack/react-query'
import type { ImportView } from '../../client'
import { KeyFigure } from '../../components/key-figure'
import { ProblemAlert } from '../../components/problem-alert'
import { ScrollTable } from '../../components/scroll-table'
import { SectionCard } from '../../components/section-card'
import { useLocale } from '../../locales/i18n'
import { readRefused } from './import-queries'

/** A page that saves several files leaves the browser this long between two of them. */
const BETWEEN_FILES_MS = 400

export function CheckResult({ view }: { view: ImportView }) {
  const { t, number } = useLocale()
  const { counts } = view
  const isCheck = view.dry_run && !view.checked
  if (view.progress.records_read === 0) return null
  return (
    <SectionCard
      title={isCheck ? t('Result of the check') : t('Result of the import')}
      actions={view.has_refused_file && <RefusedButton id={view.id} />}
    >
      <Group>
        <KeyFigure
          label={isCheck ? t('Can be imported') : t('Imported')}
          value={number(counts.taken)}
        />
        {!isCheck && (
          <KeyFigure
            label={t('Unchanged')}
            value={number(counts.unchanged)}
            hint={t('Known already, as the file has it.')}
          />
        )}
        <KeyFigure label={t('Refused')} value={number(counts.refused)} />
        <KeyFigure
          label={t('With cells left out')}
          value={number(counts.with_cells_left_out)}
          hint={t('The rest of the record is imported.')}
        />
      </Group>
      {isCheck && (
        <Text size="sm" c="dimmed">
          {t(
            'A check reads the file only. Customers who were erased, and choices made later, are seen during the import.',
          )}
        </Text>
      )}
      {view.causes.length > 0 && <Causes view={view} />}
      {view.problems.length > 0 && <Problems view={view} />}
    </SectionCard>
  )
}

function Causes({ view }: { view: ImportView }) {
  const { t, number } = useLocale()
  const causes = view.causes.toSorted((one, other) => other.count - one.count)
  return (
    <ScrollTable label={t('Reasons')} miw={480}>
      <Table.Thead>
        <Table.Tr>
          <Table.Th>{t('Reason')}</Table.Th>
          <Table.Th>{t('Affects')}</Table.Th>
          <Table.Th className="number">{t('Count')}</Table.Th>
        </Table.Tr>
      </Table.Thead>
      <Table.Tbody>
        {causes.map(({ column, code, count }) => (
          <Table.Tr key={`${column ?? ''} ${code}`}>
            <Table.Td>
              <code dir="ltr">{code}</code>
            </Table.Td>
            <Table.Td className="wrap">
              <Affected column={column} />
            </Table.Td>
            <Table.Td className="number">{number(count)}</Table.Td>
          </Table.Tr>
        ))}
      </Table.Tbody>
    </ScrollTable>
  )
}

function Affected({ column }: { column: string | null | undefined }) {
  const { t } = useLocale()
  return column === null || column === undefined ? (
    <>{t('the whole record')}</>
  ) : (
    <>
      {t('the column')} <bdi>{column}</bdi>
    </>
  )
}

function Problems({ view }: { view: ImportView }) {
  const { t, number } = useLocale()
  const title = t('First records with problems')
  return (
    <ScrollTable label={title} miw={640}>
      <Table.Caption>{title}</Table.Caption>
      <Table.Thead>
        <Table.Tr>
          <Table.Th className="number">{t('Line')}</Table.Th>
          <Table.Th>{t('Affects')}</Table.Th>
          <Table.Th>{t('Reason')}</Table.Th>
        </Table.Tr>
      </Table.Thead>
      <Table.Tbody>
        {view.problems.map(({ record, line, column, code, detail }) => (
          <Table.Tr key={`${record} ${column ?? ''} ${code}`}>
            <Table.Td className="number">{number(line)}</Table.Td>
            <Table.Td className="wrap">
              <Affected column={column} />
            </Table.Td>
            <Table.Td className="wrap">
              <bdi lang="en">{detail}</bdi>
            </Table.Td>
          </Table.Tr>
        ))}
      </Table.Tbody>
    </ScrollTable>
  )
}

/** Saves the refused records: line, code and reason, and no cell of a record. */
function RefusedButton({ id }: { id: string }) {
  const { t } = useLocale()
  const saving = useMutation({
    mutationFn: async () => {
      const { files } = await readRefused(id)
      for (const [at, { url }] of files.entries()) {
        if (at > 0) await new Promise((next) => window.setTimeout(next, BETWEEN_FILES_MS))
        Object.assign(document.createElement('a'), { href: url, download: '' }).click()
      }
    },
  })
  return (
    <>
      {saving.error && <ProblemAlert error={saving.error} />}
      <Button
        variant="default"
        size="compact-sm"
        loading={saving.isPending}
        onClick={() => saving.mutate()}
      >
        {t('Download refused records')}
      </Button>
    </>
  )
}
