// Shows a campaign's state as a coloured badge.
import { Badge } from '@mantine/core'
import type { CampaignState } from '../client'
import { useLocale } from '../locales/i18n'
import { stateLabels } from './labels'

const stateColors: Record<CampaignState, string> = {
  draft: 'gray',
  scheduled: 'blue',
  running: 'pine',
  enabled: 'pine',
  paused: 'yellow',
  completed: 'indigo',
  cancelled: 'red',
  ended: 'indigo',
  failed: 'red',
  archived: 'gray',
}

export function StateBadge({ state }: { state: CampaignState }) {
  const { t } = useLocale()
  return (
    <Badge variant="light" color={stateColors[state]} tt="none" miw="max-content">
      {t(stateLabels[state])}
    </Badge>
  )
}
