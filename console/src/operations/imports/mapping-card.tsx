// Shows what each column of a file means, with samples, and lets an operator choose another meaning
// before the import starts. A change is checked over the whole file.
import { Badge, Button, Group, NativeSelect, Stack, Table, Text } from '@mantine/core'
import { useMutation } from '@tanstack/react-query'
import { useState } from 'react'
import { useFieldErrorAt } from '../../api/api-messages'
import { callApi } from '../../api/requests'
import { checkImport, type ImportColumn, type ImportView } from '../../client'
import { ProblemAlert } from '../../components/problem-alert'
import { ScrollTable } from '../../components/scroll-table'
import { SectionCard } from '../../components/section-card'
import { useLocale } from '../../locales/i18n'
import { DefaultsFields, shownDefaults, statedDefaults } from './defaults-fields'
import { useKeepImport, usePreview } from './import-queries'
import { fieldLabel } from './labels'
import { type Mapping, chosenField, isSameMapping, withField } from './mapping'

export function MappingCard({ view, mayChange }: { view: ImportView; mayChange: boolean }) {
  const { t } = useLocale()
  const mayEdit = mayChange && view.state === 'checked'
  const [mapping, setMapping] = useState<Mapping>(view.mapping)
  const [defaults, setDefaults] = useState(() => shownDefaults(view.defaults))
  const keep = useKeepImport()
  const preview = usePreview(view, mayChange && view.state === 'checked')
  const checking = useMutation({
    mutationFn: () =>
      callApi(
        checkImport({
          path: { id: view.id },
          body: { mapping, defaults: statedDefaults(view.kind, defaults) },
        }),
      ),
    onSuccess: keep,
  })
  const errorAt = useFieldErrorAt(checking.error)
  const before = shownDefaults(view.defaults)
  const isChanged =
    !isSameMapping(mapping, view.mapping) ||
    Object.entries(before).some(([name, value]) => defaults[name as keyof typeof before] !== value)
  return (
    <SectionCard title={t('Columns')}>
      {view.mapping_origin === 'remembered' && (
        <Text>{t('These columns are mapped as for the last file with the same columns.')}</Text>
      )}
      {view.columns_missing && (
        <Text role="alert" c="var(--mantine-color-error)">
          {t('A column that every import needs is missing. Choose its field.')}{' '}
          <bdi lang="en">{view.columns_missing.detail}</bdi>
        </Text>
      )}
      <ScrollTable label={t('Columns')} miw={720}>
        <Table.Thead>
          <Table.Tr>
            <Table.Th>{t('Column')}</Table.Th>
            {preview.data && <Table.Th>{t('Samples')}</Table.Th>}
            <Table.Th>{t('Field')}</Table.Th>
          </Table.Tr>
        </Table.Thead>
        <Table.Tbody>
          {view.columns.map((column, at) => (
            <Table.Tr key={`${at} ${column.name}`}>
              <Table.Th scope="row" className="wrap" fw={600}>
                <bdi>{column.name}</bdi>
              </Table.Th>
              {preview.data && (
                <Table.Td className="wrap">
                  <bdi>{preview.data.columns[at]?.samples.join(' · ')}</bdi>
                </Table.Td>
              )}
              <Table.Td>
                <FieldCell
                  column={column}
                  fields={view.fields}
                  mapping={mapping}
                  mayEdit={mayEdit}
                  onChange={(field) => setMapping(withField(mapping, column, field))}
                />
              </Table.Td>
            </Table.Tr>
          ))}
        </Table.Tbody>
      </ScrollTable>
      {mayEdit && (
        <Stack>
          <DefaultsFields
            kind={view.kind}
            value={defaults}
            errorAt={errorAt}
            onChange={setDefaults}
          />
          {checking.error && (
            <ProblemAlert error={checking.error} title={t('Couldn’t check the file')} />
          )}
          <Group>
            <Button
              variant="default"
              loading={checking.isPending}
              disabled={!isChanged}
              onClick={() => checking.mutate()}
            >
              {t('Check again')}
            </Button>
            {isChanged && (
              <Text size="sm">{t('Your changes apply once the file is checked again.')}</Text>
            )}
          </Group>
        </Stack>
      )}
    </SectionCard>
  )
}

function FieldCell({
  column,
  fields,
  mapping,
  mayEdit,
  onChange,
}: {
  column: ImportColumn
  fields: string[]
  mapping: Mapping
  mayEdit: boolean
  onChange: (field: string) => void
}) {
  const locale = useLocale()
  const { t } = locale
  if (column.used === 'secret')
    return <Text size="sm">{t('Passwords and tokens are never read.')}</Text>
  const field = chosenField(mapping, column)
  const isGuess = field !== '' && mapping[column.name] === undefined
  const label = field === '' ? t('Not recognised') : fieldLabel(field, locale)
  return (
    <Group gap="xs" wrap="nowrap">
      {mayEdit ? (
        <NativeSelect
          aria-label={t('Field of {column}', { column: column.name })}
          w={280}
          value={field}
          data={[
            ...(field === '' ? [{ value: '', label: t('Not recognised') }] : []),
            ...fields.map((value) => ({ value, label: fieldLabel(value, locale) })),
          ]}
          onChange={({ currentTarget }) => onChange(currentTarget.value)}
        />
      ) : (
        <Text size="sm">{label}</Text>
      )}
      {isGuess && (
        <Badge variant="light" tt="none" color="gray">
          {t('recognised')}
        </Badge>
      )}
    </Group>
  )
}
