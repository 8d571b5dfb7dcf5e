// Shows two versions of one thing side by side, only where they differ, for a save over someone
// else's change.
import { Table, Text } from '@mantine/core'
import type { JsonValue } from '../api/json-pointer'
import { useLocale } from '../locales/i18n'

export interface VersionDifference {
  path: string[]
  mine: JsonValue | undefined
  theirs: JsonValue | undefined
}

const isObject = (
  value: JsonValue | undefined,
): value is { [key: string]: JsonValue | undefined } =>
  value !== null && typeof value === 'object' && !Array.isArray(value)
const isMoney = (value: JsonValue | undefined) =>
  isObject(value) && 'amount' in value && 'currency' in value

/** Returns the leaves that differ. Lists and amounts of money are leaves. */
export function findDifferences(
  mine: JsonValue | undefined,
  theirs: JsonValue | undefined,
  path: string[] = [],
): VersionDifference[] {
  if (JSON.stringify(mine) === JSON.stringify(theirs)) return []
  if (isObject(mine) && isObject(theirs) && !isMoney(mine) && !isMoney(theirs)) {
    return [...new Set([...Object.keys(mine), ...Object.keys(theirs)])].flatMap((name) =>
      findDifferences(mine[name], theirs[name], [...path, name]),
    )
  }
  return [{ path, mine, theirs }]
}

export function DifferencesTable({
  mine,
  theirs,
  names,
}: {
  mine: object
  theirs: object
  names: Record<string, string>
}) {
  const { t, money } = useLocale()
  const formatValue = (value: JsonValue | undefined): string => {
    if (value === undefined || value === null || value === '') return '–'
    if (typeof value === 'boolean') return value ? t('yes') : t('no')
    if (isMoney(value)) return money(value as unknown as { amount: number; currency: string })
    if (Array.isArray(value) && value.every((one) => typeof one !== 'object'))
      return value.join(', ')
    return typeof value === 'object' ? JSON.stringify(value, null, 1) : String(value)
  }
  const found = findDifferences(mine as JsonValue, theirs as JsonValue)
  return (
    <div className="scroll" role="group" aria-label={t('Yours')} tabIndex={0}>
      <Table miw={560} layout="fixed">
        <Table.Thead>
          <Table.Tr>
            <Table.Th w="26%">{t('Where')}</Table.Th>
            <Table.Th>{t('Yours')}</Table.Th>
            <Table.Th>{t('Theirs')}</Table.Th>
          </Table.Tr>
        </Table.Thead>
        <Table.Tbody>
          {found.map(({ path, mine: own, theirs: other }) => (
            <Table.Tr key={path.join('/')}>
              <Table.Th scope="row" fw={500} className="wrap">
                {names[path[0] ?? ''] ? t(names[path[0] ?? '']!) : path[0]}
                {path.length > 1 && (
                  <Text size="xs" c="dimmed" dir="ltr">
                    {path.slice(1).join(' › ').replaceAll('_', ' ')}
                  </Text>
                )}
              </Table.Th>
              {[own, other].map((value, place) => (
                <Table.Td
                  key={place}
                  className="wrap"
                  dir="auto"
                  style={{ whiteSpace: 'pre-wrap', verticalAlign: 'top' }}
                >
                  {formatValue(value)}
                </Table.Td>
              ))}
            </Table.Tr>
          ))}
        </Table.Tbody>
      </Table>
      {found.length === 0 && <Text>{t('They are the same.')}</Text>}
    </div>
  )
}
