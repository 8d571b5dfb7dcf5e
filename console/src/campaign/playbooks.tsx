// Shows Marketing > Playbooks: ready-made campaigns; a few parameters turn one into a draft.
import { Badge, Button, Group, SimpleGrid, Text } from '@mantine/core'
import { notifications } from '@mantine/notifications'
import { useMutation, useQuery } from '@tanstack/react-query'
import { useNavigate } from '@tanstack/react-router'
import { useState } from 'react'
import { callApi, newIdempotencyKey } from '../api/requests'
import { useSession } from '../app/session'
import { listPlaybooks, type Playbook, startPortfolio } from '../client'
import { PageFrame } from '../components/page-frame'
import { ProblemAlert } from '../components/problem-alert'
import { QueryResult } from '../components/query-result'
import { SectionCard } from '../components/section-card'
import { msg, useLocale } from '../locales/i18n'
import { useInvalidateCampaigns } from './campaign-queries'
import { kindLabels } from './labels'
import { PlaybookDialog } from './playbook-dialog'

const playbookTexts: Record<string, [title: string, purpose: string]> = {
  'win-back': [msg('Win-back'), msg('Brings back customers who have not ordered for a while.')],
  'cross-vertical-trial': [
    msg('Trial of another vertical'),
    msg('Shows customers of one vertical another one they have never tried.'),
  ],
  'vip-thank-you': [msg('Thank the best'), msg('A thank-you to those who spend most.')],
  'vertical-launch': [
    msg('Launch near new merchants'),
    msg('Tells everyone nearby that something has opened.'),
  ],
  celebration: [msg('Birthday'), msg('A present on the customer’s birthday.')],
}

export function PlaybooksPage() {
  const { t } = useLocale()
  const { mayChange } = useSession()
  const navigate = useNavigate()
  const invalidateCampaigns = useInvalidateCampaigns()
  const [chosen, setChosen] = useState<Playbook>()
  const [key] = useState(newIdempotencyKey)
  const query = useQuery({
    queryKey: ['playbooks'],
    staleTime: 300_000,
    queryFn: ({ signal }) => callApi(listPlaybooks({ signal })),
  })
  const portfolio = useMutation({
    mutationFn: () => callApi(startPortfolio({ headers: { 'Idempotency-Key': key }, body: {} })),
    onSuccess: async () => {
      await invalidateCampaigns()
      notifications.show({ message: t('Two drafts are ready: a win-back and a promotion.') })
      await navigate({ to: '/marketing/autopilot' })
    },
  })
  return (
    <PageFrame
      title={t('Playbooks')}
      intro={t(
        'Campaigns that work, ready to start from. Each becomes a draft: nothing is sent until you launch it.',
      )}
      actions={
        mayChange && (
          <Button
            variant="default"
            loading={portfolio.isPending}
            onClick={() => portfolio.mutate()}
          >
            {t('Start with two')}
          </Button>
        )
      }
    >
      {portfolio.error && <ProblemAlert error={portfolio.error} />}
      <QueryResult query={query}>
        {(data) => (
          <SimpleGrid cols={{ base: 1, sm: 2, lg: 3 }}>
            {data.items.map((playbook) => (
              <SectionCard
                key={playbook.name}
                title={
                  playbookTexts[playbook.name]
                    ? t(playbookTexts[playbook.name]![0])
                    : playbook.title
                }
                actions={
                  <Badge variant="light" tt="none">
                    {t(kindLabels[playbook.kind])}
                  </Badge>
                }
              >
                <Text style={{ flex: 1 }}>
                  {playbookTexts[playbook.name]
                    ? t(playbookTexts[playbook.name]![1])
                    : playbook.purpose}
                </Text>
                {mayChange && (
                  <Group>
                    <Button
                      variant="light"
                      onClick={() => setChosen(playbook)}
                      aria-label={t('Use {name}', {
                        name: playbookTexts[playbook.name]
                          ? t(playbookTexts[playbook.name]![0])
                          : playbook.title,
                      })}
                    >
                      {t('Use it')}
                    </Button>
                  </Group>
                )}
              </SectionCard>
            ))}
          </SimpleGrid>
        )}
      </QueryResult>
      {chosen && (
        <PlaybookDialog
          key={chosen.name}
          playbook={chosen}
          title={playbookTexts[chosen.name] ? t(playbookTexts[chosen.name]![0]) : chosen.title}
          purpose={playbookTexts[chosen.name] ? t(playbookTexts[chosen.name]![1]) : chosen.purpose}
          close={() => setChosen(undefined)}
        />
      )}
    </PageFrame>
  )
}
