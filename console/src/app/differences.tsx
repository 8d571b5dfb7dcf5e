// Two versions of one thing, side by side: only the places where they differ, each with its name in words. For a save over someone else's change.
import { Table, Text } from '@mantine/core'
import { useWords } from './i18n'
import type { Json } from './pointer'

export interface Difference { path: string[]; mine: Json | undefined; theirs: Json | undefined }

const branch = (value: Json | undefined): value is { [key: string]: Json | undefined } => value !== null && typeof value === 'object' && !Array.isArray(value)
const whole = (value: Json | undefined) => branch(value) && 'amount' in value && 'currency' in value

/** The leaves that differ; lists and amounts are leaves. */
export function differences(mine: Json | undefined, theirs: Json | undefined, path: string[] = []): Difference[] {
  if (JSON.stringify(mine) === JSON.stringify(theirs)) return []
  if (branch(mine) && branch(theirs) && !whole(mine) && !whole(theirs)) {
    return [...new Set([...Object.keys(mine), ...Object.keys(theirs)])].flatMap((name) => differences(mine[name], theirs[name], [...path, name]))
  }
  return [{ path, mine, theirs }]
}

export function Differences({ mine, theirs, names }: { mine: object; theirs: object; names: Record<string, string> }) {
  const { t, money } = useWords()
  const said = (value: Json | undefined): string => {
    if (value === undefined || value === null || value === '') return '–'
    if (typeof value === 'boolean') return value ? t('yes') : t('no')
    if (whole(value)) return money(value as unknown as { amount: number; currency: string })
    if (Array.isArray(value) && value.every((one) => typeof one !== 'object')) return value.join(', ')
    return typeof value === 'object' ? JSON.stringify(value, null, 1) : String(value)
  }
  const found = differences(mine as Json, theirs as Json)
  return (
    <div className="scroll" role="group" aria-label={t('Yours')} tabIndex={0}>
      <Table miw={560} layout="fixed">
        <Table.Thead><Table.Tr><Table.Th w="26%">{t('Where')}</Table.Th><Table.Th>{t('Yours')}</Table.Th><Table.Th>{t('Theirs')}</Table.Th></Table.Tr></Table.Thead>
        <Table.Tbody>{found.map(({ path, mine: own, theirs: other }) => (
          <Table.Tr key={path.join('/')}>
            <Table.Th scope="row" fw={500} className="wrap">{names[path[0] ?? ''] ? t(names[path[0] ?? '']!) : path[0]}{path.length > 1 && <Text size="xs" c="dimmed" dir="ltr">{path.slice(1).join(' › ').replaceAll('_', ' ')}</Text>}</Table.Th>
            {[own, other].map((value, place) => <Table.Td key={place} className="wrap" dir="auto" style={{ whiteSpace: 'pre-wrap', verticalAlign: 'top' }}>{said(value)}</Table.Td>)}
          </Table.Tr>
        ))}</Table.Tbody>
      </Table>
      {found.length === 0 && <Text>{t('They say the same.')}</Text>}
    </div>
  )
}
