// Shows what a list will hold, and how it gets there, while the list is empty.
import { Paper, Stack, Text, Title } from '@mantine/core'
import type { ReactNode } from 'react'

export function EmptyState({
  title,
  children,
  action,
}: {
  title: string
  children: ReactNode
  action?: ReactNode
}) {
  return (
    <Paper withBorder p="xl">
      <Stack align="flex-start" maw={560}>
        <Title order={2} size="h4">
          {title}
        </Title>
        <Text>{children}</Text>
        {action}
      </Stack>
    </Paper>
  )
}
