// Frames a section of a page under its title.
import { Group, Paper, Stack, Title } from '@mantine/core'
import type { ReactNode } from 'react'

export function SectionCard({
  title,
  actions,
  children,
}: {
  title?: string
  actions?: ReactNode
  children: ReactNode
}) {
  return (
    <Paper withBorder p="md" component="section" aria-label={title}>
      <Stack gap="sm">
        {title && (
          <Group justify="space-between">
            <Title order={2} size="h4">
              {title}
            </Title>
            {actions}
          </Group>
        )}
        {children}
      </Stack>
    </Paper>
  )
}
