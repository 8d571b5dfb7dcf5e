// Lists the fields that an edit changed, each with its value before and after. Long lists start
// closed.
import { Code, Text } from '@mantine/core'
import type { FieldChange } from '../client'
import { useLocale } from '../locales/i18n'

const MAX_OPEN_CHANGES = 5

const showValue = (value: unknown) =>
  value === null || value === undefined
    ? '–'
    : typeof value === 'string'
      ? value
      : JSON.stringify(value)

export function ChangeList({ changes }: { changes: FieldChange[] }) {
  const { t, number } = useLocale()
  if (changes.length === 0) return null
  return (
    <details open={changes.length <= MAX_OPEN_CHANGES}>
      <summary>{t('Parts changed: {n}', { n: number(changes.length) })}</summary>
      <ul className="plain">
        {changes.map(({ field, before, after, cut }) => (
          <li key={field}>
            <Text size="xs" component="span" dir="ltr">
              {field}
            </Text>{' '}
            <Code dir="auto" className="wrap">
              {showValue(before)}
            </Code>{' '}
            <span aria-label={t('became')}>→</span>{' '}
            <Code dir="auto" className="wrap">
              {showValue(after)}
            </Code>
            {cut && ' …'}
          </li>
        ))}
      </ul>
    </details>
  )
}
