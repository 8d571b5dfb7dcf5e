// Shows an error in words, with the API's request id and a way to try again.
import { Alert, Button, Stack, Text } from '@mantine/core'
import { useProblemMessage } from '../api/problem-messages'
import { ApiProblem } from '../api/requests'
import { useLocale } from '../locales/i18n'

export function ProblemAlert({ error, retry }: { error: unknown; retry?: () => void }) {
  const { t } = useLocale()
  const problemMessage = useProblemMessage()
  const problem = error instanceof ApiProblem ? error : null
  return (
    <Alert color="red" variant="outline" title={t('This did not work')} role="alert">
      <Stack gap="xs" align="flex-start">
        <Text>{problemMessage(error)}</Text>
        {problem && problem.message && problem.message !== problemMessage(error) && (
          <Text size="sm" lang="en" dir="auto">
            {problem.message}
          </Text>
        )}
        {problem?.requestId && (
          <Text size="sm" c="dimmed">
            {t('Request {id}', { id: problem.requestId })}
          </Text>
        )}
        {retry && (
          <Button size="xs" variant="default" onClick={retry}>
            {t('Try again')}
          </Button>
        )}
      </Stack>
    </Alert>
  )
}
