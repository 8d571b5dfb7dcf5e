// What an edit was from and to, part by part; long lists are opened by hand.
import { Code, Text } from '@mantine/core'
import type { FieldChange } from '../client'
import { useWords } from '../app/i18n'

const OPEN = 5

const shown = (value: unknown) => (value === null || value === undefined ? '–' : typeof value === 'string' ? value : JSON.stringify(value))

export function Changes({ changes }: { changes: FieldChange[] }) {
  const { t, number } = useWords()
  if (changes.length === 0) return null
  return (
    <details open={changes.length <= OPEN}>
      <summary>{t('Parts changed: {n}', { n: number(changes.length) })}</summary>
      <ul className="plain">{changes.map(({ field, before, after, cut }) => (
        <li key={field}><Text size="xs" component="span" dir="ltr">{field}</Text>{' '}
          <Code dir="auto" className="wrap">{shown(before)}</Code> <span aria-label={t('became')}>→</span> <Code dir="auto" className="wrap">{shown(after)}</Code>{cut && ' …'}</li>
      ))}</ul>
    </details>
  )
}
