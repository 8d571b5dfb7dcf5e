// Shows an audience rule node by node: whether it holds for this customer, what it asks for, and
// what was found.
import { Group, Stack, Text, VisuallyHidden } from '@mantine/core'
import { type JsonValue, readPointer } from '../../api/json-pointer'
import { describeCondition } from '../../campaign/definition-texts'
import type { Definition, RuleExplanation, Rule } from '../../client'
import { type LocaleFormatter, useLocale } from '../../locales/i18n'

function describeNode(
  node: RuleExplanation,
  definition: Pick<Definition, 'audience'> | undefined,
  locale: LocaleFormatter,
) {
  if (node.rule === 'all') return locale.t('All of these')
  if (node.rule === 'any') return locale.t('Any of these')
  if (node.rule === 'not') return locale.t('Not')
  const body = definition && readPointer(definition as unknown as JsonValue, node.field)
  return body === undefined
    ? node.rule.replaceAll('_', ' ')
    : describeCondition({ [node.rule]: body } as unknown as Rule, locale)
}

export function RuleTree({
  node,
  definition,
}: {
  node: RuleExplanation
  definition: Pick<Definition, 'audience'> | undefined
}) {
  const locale = useLocale()
  const { t } = locale
  return (
    <Stack gap={6} data-holds={node.holds}>
      <Group gap="xs" wrap="nowrap" align="flex-start">
        <Text
          span
          fw={700}
          aria-hidden
          c={node.holds ? 'var(--console-yes)' : 'var(--mantine-color-error)'}
        >
          {node.holds ? '✓' : '✗'}
        </Text>
        <div>
          <VisuallyHidden>{node.holds ? t('holds:') : t('does not hold:')}</VisuallyHidden>
          <Text span fw={node.parts?.length ? 600 : 500} className="wrap">
            {describeNode(node, definition, locale)}
          </Text>
          <Text size="sm" c="dimmed" lang="en" className="wrap">
            <bdi>{node.detail}</bdi>
          </Text>
        </div>
      </Group>
      {node.parts && node.parts.length > 0 && (
        <Stack gap={8} className="rule-group" ms={6}>
          {node.parts.map((part) => (
            <RuleTree key={part.field} node={part} definition={definition} />
          ))}
        </Stack>
      )}
    </Stack>
  )
}
