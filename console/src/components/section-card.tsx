// Frames a section of a page under its title, which is explained on request.
import { Group, Paper, Stack, Title } from '@mantine/core'
import type { ReactNode } from 'react'
import { useHelpTip } from './help-tip'

export function SectionCard({
  title,
  help,
  actions,
  children,
}: {
  title?: string
  help?: string
  actions?: ReactNode
  children: ReactNode
}) {
  const { button, note } = useHelpTip(title ?? '', help)
  return (
    <Paper withBorder p="md" component="section" aria-label={title}>
      <Stack gap="sm">
        {title && (
          <Group justify="space-between">
            <Group gap={0}>
              <Title order={2} size="h4">
                {title}
              </Title>
              {button}
            </Group>
            {actions}
          </Group>
        )}
        {note}
        {children}
      </Stack>
    </Paper>
  )
}
