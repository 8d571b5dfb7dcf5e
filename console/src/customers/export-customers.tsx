// Offers the customers of a list or of an audience as a CSV file.
import { Button, Group, Text } from '@mantine/core'
import { useState } from 'react'
import type { CustomerListRequest } from '../client'
import { ProblemAlert } from '../components/problem-alert'
import { useLocale } from '../locales/i18n'

export function ExportCustomers({ request }: { request: CustomerListRequest }) {
  const { t, number } = useLocale()
  const [progress, setProgress] = useState<number>()
  const [cut, setCut] = useState<number>()
  const [problem, setProblem] = useState<unknown>()
  const save = async () => {
    setProgress(0)
    setProblem(undefined)
    setCut(undefined)
    await import('./customers-csv')
      .then(async ({ downloadCustomers, MAX_EXPORTED }) => {
        const saved = await downloadCustomers(request, setProgress)
        if (saved >= MAX_EXPORTED) setCut(saved)
      })
      .catch(setProblem)
    setProgress(undefined)
  }
  return (
    <>
      <Group gap="xs" className="no-print">
        <Button
          variant="default"
          size="xs"
          loading={progress !== undefined}
          onClick={() => void save()}
        >
          {t('Export CSV')}
        </Button>
        <Text size="sm" c="dimmed" role="status">
          {progress !== undefined
            ? t('Customers read so far: {n}', { n: number(progress) })
            : cut !== undefined
              ? t('The file has the first {n} customers.', { n: number(cut) })
              : t('Ids and numbers, without names and contacts.')}
        </Text>
      </Group>
      {problem ? <ProblemAlert error={problem} /> : null}
    </>
  )
}
