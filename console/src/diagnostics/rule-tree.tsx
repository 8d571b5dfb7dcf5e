// An audience rule, node by node: whether it holds for this customer, what was wanted, and what was found.
import { Group, Stack, Text, VisuallyHidden } from '@mantine/core'
import type { Definition, Explained, Rule } from '../client'
import { useWords, type Words } from '../app/i18n'
import { read, type Json } from '../app/pointer'
import { conditionText } from '../campaigns/summary'

function wanted(node: Explained, definition: Pick<Definition, 'audience'> | undefined, words: Words) {
  if (node.rule === 'all') return words.t('All of these')
  if (node.rule === 'any') return words.t('Any of these')
  if (node.rule === 'not') return words.t('Not')
  const body = definition && read(definition as unknown as Json, node.field)
  return body === undefined ? node.rule.replaceAll('_', ' ') : conditionText({ [node.rule]: body } as unknown as Rule, words)
}

export function RuleTree({ node, definition }: { node: Explained; definition: Pick<Definition, 'audience'> | undefined }) {
  const words = useWords()
  const { t } = words
  return (
    <Stack gap={6} data-holds={node.holds}>
      <Group gap="xs" wrap="nowrap" align="flex-start">
        <Text span fw={700} aria-hidden c={node.holds ? 'var(--console-yes)' : 'var(--mantine-color-error)'}>{node.holds ? '✓' : '✗'}</Text>
        <div>
          <VisuallyHidden>{node.holds ? t('holds:') : t('does not hold:')}</VisuallyHidden>
          <Text span fw={node.parts?.length ? 600 : 500} className="wrap">{wanted(node, definition, words)}</Text>
          <Text size="sm" c="dimmed" lang="en" className="wrap"><bdi>{node.detail}</bdi></Text>
        </div>
      </Group>
      {node.parts && node.parts.length > 0 && <Stack gap={8} className="rule-group" ms={6}>{node.parts.map((part) => <RuleTree key={part.field} node={part} definition={definition} />)}</Stack>}
    </Stack>
  )
}
