// Shows Marketing > Playbooks: ready-made campaigns; a few parameters turn one into a draft.
import { Badge, Button, Group, Radio, SimpleGrid, Stack, Text } from '@mantine/core'
import { notifications } from '@mantine/notifications'
import { useMutation, useQuery } from '@tanstack/react-query'
import { useNavigate } from '@tanstack/react-router'
import { useState } from 'react'
import { callApi, newIdempotencyKey } from '../api/requests'
import { useSession } from '../app/session'
import { listPlaybooks, type Playbook, type StarterPromotion, startPortfolio } from '../client'
import { ModalDialog } from '../components/modal-dialog'
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
    msg('Try another vertical'),
    msg('Introduces customers of one vertical to another they have never tried.'),
  ],
  'vip-thank-you': [msg('VIP thank-you'), msg('A thank-you for your top spenders.')],
  'vertical-launch': [
    msg('Launch near new merchants'),
    msg('Announces a new merchant to customers nearby.'),
  ],
  celebration: [msg('Birthday'), msg('A gift on the customer’s birthday.')],
}

export function PlaybooksPage() {
  const { t } = useLocale()
  const { mayChange } = useSession()
  const [chosen, setChosen] = useState<Playbook>()
  const [starting, setStarting] = useState(false)
  const query = useQuery({
    queryKey: ['playbooks'],
    staleTime: 300_000,
    queryFn: ({ signal }) => callApi(listPlaybooks({ signal })),
  })
  return (
    <PageFrame
      title={t('Playbooks')}
      intro={t(
        'Ready-made campaigns to start from. Each creates a draft: nothing is sent until you launch it.',
      )}
      actions={
        mayChange && (
          <Button variant="default" onClick={() => setStarting(true)}>
            {t('Create starter set')}
          </Button>
        )
      }
    >
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
                      aria-label={t('Use playbook: {name}', {
                        name: playbookTexts[playbook.name]
                          ? t(playbookTexts[playbook.name]![0])
                          : playbook.title,
                      })}
                    >
                      {t('Use playbook')}
                    </Button>
                  </Group>
                )}
              </SectionCard>
            ))}
          </SimpleGrid>
        )}
      </QueryResult>
      {starting && <StarterDialog close={() => setStarting(false)} />}
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

const starterPromotions: StarterPromotion[] = ['vip-thank-you', 'cross-vertical-trial']

/** Asks before two drafts are made, and which promotion the second one is. */
function StarterDialog({ close }: { close: () => void }) {
  const { t } = useLocale()
  const navigate = useNavigate()
  const invalidateCampaigns = useInvalidateCampaigns()
  const [promotion, setPromotion] = useState<StarterPromotion>('vip-thank-you')
  // Each choice is a request of its own; its repeats create nothing twice.
  const [keys] = useState(() =>
    Object.fromEntries(starterPromotions.map((one) => [one, newIdempotencyKey()])),
  )
  const creating = useMutation({
    mutationFn: () =>
      callApi(
        startPortfolio({
          headers: { 'Idempotency-Key': keys[promotion] },
          body: { promotion },
        }),
      ),
    onSuccess: async () => {
      await invalidateCampaigns()
      notifications.show({ message: t('Two drafts were created: a win-back and a promotion.') })
      await navigate({ to: '/marketing/autopilot' })
    },
  })
  return (
    <ModalDialog onClose={close} title={t('Create starter set')}>
      <Stack>
        <Text>
          {t(
            'Creates two drafts that you can edit: the win-back autopilot, and a promotion of your choice. Nothing is sent.',
          )}
        </Text>
        <Radio.Group
          label={t('Promotion')}
          value={promotion}
          onChange={(next) => setPromotion(next as StarterPromotion)}
        >
          <Stack gap="xs" mt="xs">
            {starterPromotions.map((one) => (
              <Radio
                key={one}
                value={one}
                label={t(playbookTexts[one]![0])}
                description={t(playbookTexts[one]![1])}
              />
            ))}
          </Stack>
        </Radio.Group>
        {creating.error && <ProblemAlert error={creating.error} />}
        <Group justify="flex-end">
          <Button variant="default" onClick={close}>
            {t('Back')}
          </Button>
          <Button loading={creating.isPending} onClick={() => creating.mutate()}>
            {t('Create starter set')}
          </Button>
        </Group>
      </Stack>
    </ModalDialog>
  )
}
