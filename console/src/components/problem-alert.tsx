// Shows an error in words, with a way to try again; the API's own words and the request's id are under
// details. Of a form whose mistakes stand at their inputs it says only how many there are, and moves
// the focus to the first of them.
import { Alert, Button, Stack, Text } from '@mantine/core'
import { useEffect, useRef } from 'react'
import { useProblemMessage } from '../api/problem-messages'
import { ApiProblem } from '../api/requests'
import { useLocale } from '../locales/i18n'

const NOT_FOUND = 404

export function ProblemAlert({
  error,
  title,
  retry,
}: {
  error: unknown
  /** What could not be done. */
  title?: string
  retry?: () => void
}) {
  const { t, plural } = useLocale()
  const problemMessage = useProblemMessage()
  const problem = error instanceof ApiProblem ? error : null
  const fields = problem?.fields.length ?? 0
  const missing = problem?.status === NOT_FOUND
  const box = useRef<HTMLDivElement>(null)
  // Something that was asked for failed: that is shown where the operator looks.
  useEffect(() => {
    if (!retry) showProblem(box.current, fields > 0)
  }, [error, fields, retry])
  return (
    <Alert
      ref={box}
      color={missing ? 'gray' : 'red'}
      variant="outline"
      title={
        fields > 0
          ? plural(fields, 'Fix 1 issue', 'Fix {n} issues')
          : missing
            ? t('Not found')
            : (title ?? t('Couldn’t complete this'))
      }
      role="alert"
    >
      <Stack gap="xs" align="flex-start">
        {fields === 0 && <Text>{problemMessage(error)}</Text>}
        {problem && <ProblemDetails problem={problem} hidden={missing} />}
        {retry && (
          <Button size="xs" variant="default" onClick={retry}>
            {t('Try again')}
          </Button>
        )}
      </Stack>
    </Alert>
  )
}

/** Scrolls to an alert, or focuses the first invalid input of the form around it. */
function showProblem(box: HTMLElement | null, atInputs: boolean) {
  const form = box?.closest('form, [role=dialog], main')
  const input = atInputs ? form?.querySelector<HTMLElement>('[aria-invalid=true]') : undefined
  if (input) input.focus()
  else box?.scrollIntoView({ block: 'nearest' })
}

/** Gives what support asks for: the API's words, and the request's id. */
function ProblemDetails({ problem, hidden }: { problem: ApiProblem; hidden: boolean }) {
  const { t } = useLocale()
  const problemMessage = useProblemMessage()
  const { fields, message, requestId } = problem
  const own = !hidden && message && message !== problemMessage(problem) ? message : ''
  if (!own && fields.length === 0 && !requestId) return null
  return (
    <details>
      <summary>{t('Details')}</summary>
      {fields.map((field) => (
        <Text key={field.field} size="sm" lang="en" dir="auto">
          <code>{field.field}</code> {field.detail}
        </Text>
      ))}
      {own && fields.length === 0 && (
        <Text size="sm" lang="en" dir="auto">
          {own}
        </Text>
      )}
      {requestId && (
        <Text size="sm" c="dimmed">
          {t('Request {id}', { id: requestId })}
        </Text>
      )}
    </details>
  )
}
