// Marketing > Playbooks: campaigns that are ready to start from; a few parameters make a draft.
import { Badge, Button, Group, List, Modal, NumberInput, SimpleGrid, Stack, Text, Textarea, TextInput } from '@mantine/core'
import { notifications } from '@mantine/notifications'
import { useMutation, useQuery } from '@tanstack/react-query'
import { useNavigate } from '@tanstack/react-router'
import { useRef, useState } from 'react'
import { listPlaybooks, startPlaybook, startPortfolio, type Playbook } from '../client'
import { ApiProblem, call, idempotencyKey } from '../app/api'
import { msg, useWords } from '../app/i18n'
import { Answer, Card, kindWords, Page as Frame, ProblemNote } from '../app/parts'
import { useSession } from '../app/session'
import { useForget } from '../campaigns/queries'

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
      {chosen && <Start key={chosen.name} playbook={chosen} close={() => setChosen(undefined)} />}
    </Frame>
  )
}

type Points = { lat: number; lon: number }[]
const isPoints = (value: unknown): value is Points => Array.isArray(value) && value.every((one) => typeof one === 'object' && one !== null && 'lat' in one)

function Start({ playbook, close }: { playbook: Playbook; close: () => void }) {
  const { t } = useWords()
  const navigate = useNavigate()
  const forget = useForget()
  const sent = useRef({ text: '', key: idempotencyKey() })
  const [name, setName] = useState('')
  const [values, setValues] = useState<Record<string, string | number>>(() => Object.fromEntries(playbook.parameters.map(({ name: one, value }) =>
    [one, isPoints(value) ? value.map(({ lat, lon }) => `${lat}, ${lon}`).join('\n') : typeof value === 'number' ? value : typeof value === 'string' ? value : JSON.stringify(value)])))
  const starting = useMutation({
    mutationFn: () => {
      const body = {
        parameters: Object.fromEntries(playbook.parameters.map(({ name: one, value }) => {
          const written = values[one]
          if (isPoints(value)) return [one, String(written).split('\n').filter((line) => line.trim()).map((line) => { const [lat, lon] = line.split(',').map(Number); return { lat, lon } })]
          if (typeof value === 'number' || typeof value === 'string') return [one, written]
          try { return [one, JSON.parse(String(written)) as unknown] } catch { return [one, written] }
        })),
        ...(name ? { changes: { name } } : {}),
      }
      // a repeat makes nothing twice; other values are another draft
      const text = JSON.stringify(body)
      if (sent.current.text && sent.current.text !== text) sent.current.key = idempotencyKey()
      sent.current.text = text
      return call(startPlaybook({ path: { name: playbook.name }, headers: { 'Idempotency-Key': sent.current.key }, body }))
    },
    onSuccess: async (made) => {
      await forget()
      await navigate({ to: `/marketing/${made.kind}/$id/edit`, params: { id: made.id } })
    },
  })
  const wrong = (field: string) => starting.error instanceof ApiProblem ? starting.error.fields.find((one) => one.field === field || one.field.startsWith(`${field}/`))?.detail : undefined
  return (
    <Modal opened onClose={close} title={titles[playbook.name] ? t(titles[playbook.name]![0]) : playbook.title} size="lg" closeButtonProps={{ 'aria-label': t('Close') }}>
      <Stack>
        <Text lang="en" dir="auto">{playbook.purpose}</Text>
        <TextInput label={t('Name')} value={name} placeholder={playbook.definition.name} error={wrong('/changes/name')} onChange={({ currentTarget }) => setName(currentTarget.value)} />
        {playbook.parameters.map(({ name: one, meaning, required, value }) => {
          const shared = { key: one, label: one.replaceAll('_', ' '), description: <span lang="en" dir="auto">{meaning}</span>, required, error: wrong(`/parameters/${one}`) }
          if (typeof value === 'number') return <NumberInput {...shared} key={one} hideControls value={values[one]} onChange={(next) => setValues({ ...values, [one]: next })} />
          if (isPoints(value)) return <Textarea {...shared} key={one} autosize dir="ltr" minRows={2} value={values[one]} onChange={({ currentTarget }) => setValues({ ...values, [one]: currentTarget.value })} />
          return <TextInput {...shared} key={one} value={values[one]} onChange={({ currentTarget }) => setValues({ ...values, [one]: currentTarget.value })} />
        })}
        {playbook.adjust.length > 0 && <div><Text fw={600} size="sm">{t('Look at this before you launch')}</Text><List size="sm" lang="en" dir="auto">{playbook.adjust.map(({ field, advice }) => <List.Item key={field}>{advice}</List.Item>)}</List></div>}
        {starting.error && <ProblemNote error={starting.error} />}
        <Group justify="flex-end"><Button variant="default" onClick={close}>{t('Back')}</Button><Button loading={starting.isPending} onClick={() => starting.mutate()}>{t('Make the draft')}</Button></Group>
      </Stack>
    </Modal>
  )
}
