// Edits what may still change of a launched campaign: name, description, end and caps. All else is
// fixed, and is changed in a clone.
import { Alert, Group, Stack } from '@mantine/core'
import { textLimits } from '../../api/text-limits'
import type { Campaign } from '../../client'
import { SectionCard } from '../../components/section-card'
import { useLocale } from '../../locales/i18n'
import { CampaignActions } from '../campaign-actions'
import { DateTimeField, TextField } from './draft-fields'
import { CapFields } from './schedule-step'

export function AmendForm({ campaign }: { campaign: Campaign }) {
  const { t } = useLocale()
  return (
    <Stack>
      <Alert variant="outline" color="gray" title={t('Fixed since the launch')}>
        <Group justify="space-between">
          {t('Offer, audience, messages and schedule can no longer change. Clone to change them.')}
          <CampaignActions subject={campaign} only={['clone']} />
        </Group>
      </Alert>
      <SectionCard title={t('Name')}>
        <TextField at="/name" label={t('Name')} required limit={textLimits.campaignName} />
        <TextField
          at="/description"
          label={t('Description')}
          long
          rows={2}
          limit={textLimits.description}
        />
      </SectionCard>
      <SectionCard title={t('Schedule')}>
        <DateTimeField
          at="/schedule/ends_at"
          label={t('Ends')}
          hint={t('No vouchers are issued after this.')}
        />
      </SectionCard>
      <SectionCard title={t('Limits')}>
        <CapFields />
      </SectionCard>
    </Stack>
  )
}
