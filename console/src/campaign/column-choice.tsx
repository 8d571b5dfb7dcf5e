// Lets operators hide columns of a list.
import { Checkbox, Group } from '@mantine/core'
import { useLocale } from '../locales/i18n'
import { columnLabels, type ListColumn } from './list-columns'

export default function ColumnChoice({
  hidden,
  onChange,
}: {
  hidden: ReadonlySet<ListColumn>
  onChange: (hidden: ReadonlySet<ListColumn>) => void
}) {
  const { t } = useLocale()
  const toggle = (column: ListColumn, isShown: boolean) => {
    const next = new Set(hidden)
    if (isShown) next.delete(column)
    else next.add(column)
    onChange(next)
  }
  return (
    <details className="no-print">
      <summary>{t('Columns')}</summary>
      <Group gap="md" mt={6}>
        {(Object.keys(columnLabels) as ListColumn[]).map((column) => (
          <Checkbox
            key={column}
            label={t(columnLabels[column])}
            checked={!hidden.has(column)}
            onChange={({ currentTarget }) => toggle(column, currentTarget.checked)}
          />
        ))}
      </Group>
    </details>
  )
}
