// Lays out a page: title, introduction, actions and content.
import { Group, Stack, Text, Title } from '@mantine/core'
import type { ReactNode } from 'react'

export function PageFrame({
  title,
  intro,
  actions,
  children,
}: {
  title: string
  intro?: ReactNode
  actions?: ReactNode
  children: ReactNode
}) {
  return (
    <Stack gap="lg">
      <title>{title}</title>
      <Group justify="space-between" align="flex-start">
        <Stack gap={4} maw={720}>
          <Title order={1} size="h2" className="wrap">
            {title}
          </Title>
          {intro && <Text c="dimmed">{intro}</Text>}
        </Stack>
        <Group className="no-print">{actions}</Group>
      </Group>
      {children}
    </Stack>
  )
}
