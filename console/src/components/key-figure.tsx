// Shows one number with its label, a hint, and on request what it means.
import { Paper, Text } from '@mantine/core'
import { useHelpTip } from './help-tip'

export function KeyFigure({
  label,
  value,
  hint,
  help,
}: {
  label: string
  value: string
  hint?: string
  help?: string
}) {
  const { button, note } = useHelpTip(label, help)
  return (
    <Paper withBorder p="sm" miw={150} style={{ flex: note ? '1 1 100%' : '1 1 150px' }}>
      <Text size="sm" c="dimmed">
        {label}
        {button}
      </Text>
      <Text size="xl" fw={650} className="wrap" style={{ fontVariantNumeric: 'tabular-nums' }}>
        {value}
      </Text>
      {hint && (
        <Text size="xs" c="dimmed">
          {hint}
        </Text>
      )}
      {note}
    </Paper>
  )
}
