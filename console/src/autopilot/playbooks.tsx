// Marketing > Playbooks: campaigns that are ready to start from; a few parameters make a draft.
import { Badge, Button, Group, SimpleGrid, Text } from '@mantine/core'
import { notifications } from '@mantine/notifications'
import { useMutation, useQuery } from '@tanstack/react-query'
import { useNavigate } from '@tanstack/react-router'
import { useState } from 'react'
import { listPlaybooks, startPortfolio, type Playbook } from '../client'
import { call, idempotencyKey } from '../app/api'
import { msg, useWords } from '../app/i18n'
import { Answer, Card, kindWords, Page as Frame, ProblemNote } from '../app/parts'
import { useSession } from '../app/session'
import { useForget } from '../campaigns/queries'
import { Start } from './start'

const titles: Record<string, [title: string, purpose: string]> = {
  'win-back': [msg('Win-back'), msg('Brings back customers who have not ordered for a while.')],
  'cross-vertical-trial': [msg('Trial of another vertical'), msg('Shows customers of one vertical another one they have never tried.')],
  'vip-thank-you': [msg('Thank the best'), msg('A thank-you to those who spend most.')],
  'vertical-launch': [msg('Launch near new merchants'), msg('Tells everyone nearby that something has opened.')],
  celebration: [msg('Birthday'), msg('A present on the customer’s birthday.')],
}

export function Page() {
  const { t } = useWords()
  const { mayChange } = useSession()
  const navigate = useNavigate()
  const forget = useForget()
  const [chosen, setChosen] = useState<Playbook>()
  const [key] = useState(idempotencyKey)
  const query = useQuery({ queryKey: ['playbooks'], staleTime: 300_000, queryFn: ({ signal }) => call(listPlaybooks({ signal })) })
  const portfolio = useMutation({
    mutationFn: () => call(startPortfolio({ headers: { 'Idempotency-Key': key }, body: {} })),
    onSuccess: async () => {
      await forget()
      notifications.show({ message: t('Two drafts are ready: a win-back and a promotion.') })
      await navigate({ to: '/marketing/autopilot' })
    },
  })
  return (
    <Frame title={t('Playbooks')} intro={t('Campaigns that work, ready to start from. Each becomes a draft: nothing is sent until you launch it.')}
      actions={mayChange && <Button variant="default" loading={portfolio.isPending} onClick={() => portfolio.mutate()}>{t('Start with two')}</Button>}>
      {portfolio.error && <ProblemNote error={portfolio.error} />}
      <Answer query={query}>{(data) => (
        <SimpleGrid cols={{ base: 1, sm: 2, lg: 3 }}>
          {data.items.map((playbook) => (
            <Card key={playbook.name} title={titles[playbook.name] ? t(titles[playbook.name]![0]) : playbook.title} actions={<Badge variant="light" tt="none">{t(kindWords[playbook.kind])}</Badge>}>
              <Text style={{ flex: 1 }}>{titles[playbook.name] ? t(titles[playbook.name]![1]) : playbook.purpose}</Text>
              {mayChange && <Group><Button variant="light" onClick={() => setChosen(playbook)} aria-label={t('Use {name}', { name: titles[playbook.name] ? t(titles[playbook.name]![0]) : playbook.title })}>{t('Use it')}</Button></Group>}
            </Card>
          ))}
        </SimpleGrid>
      )}</Answer>
      {chosen && <Start key={chosen.name} playbook={chosen} title={titles[chosen.name] ? t(titles[chosen.name]![0]) : chosen.title} purpose={titles[chosen.name] ? t(titles[chosen.name]![1]) : chosen.purpose} close={() => setChosen(undefined)} />}
    </Frame>
  )
}
