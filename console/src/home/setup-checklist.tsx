// Shows the way to a first campaign: which steps are done, what each is for, and where to do it. It goes
// away by itself once all is done, and can be hidden before.
import { Anchor, Badge, Button, Group, Stack, Text } from '@mantine/core'
import { useQueries } from '@tanstack/react-query'
import { Link } from '@tanstack/react-router'
import { useState } from 'react'
import { callApi } from '../api/requests'
import { searchParams } from '../app/search-params'
import { useSession } from '../app/session'
import {
  type BrandView,
  type ContactPolicyView,
  type CostsView,
  type PreviewView,
  previewAudience,
  readBrand,
  readContactPolicy,
  readCosts,
  readTestAddresses,
  type TestAddresses,
} from '../client'
import { SectionCard } from '../components/section-card'
import { useLocale } from '../locales/i18n'
import { useNewestCampaigns } from './home-queries'
import {
  isSetupDismissed,
  setSetupDismissed,
  type SetupFacts,
  type SetupStep,
  setupSteps,
} from './setup-steps'

const FACTS_STALE_MS = 60_000

/** Reads what the steps need to know; the customers only as long as no campaign was launched. */
function useSetupFacts(): { facts: SetupFacts; isPending: boolean } {
  const newest = useNewestCampaigns()
  const launched = newest.data?.items.some(({ launched_at }) => launched_at) ?? false
  const staleTime = FACTS_STALE_MS
  const [brand, policy, addresses, costs, customers] = useQueries({
    queries: [
      {
        queryKey: ['setup', 'brand'],
        staleTime,
        queryFn: async () => (await callApi(readBrand())) as BrandView,
      },
      {
        queryKey: ['contact-policy'],
        staleTime,
        queryFn: async () => (await callApi(readContactPolicy())) as ContactPolicyView,
      },
      {
        queryKey: ['setup', 'addresses'],
        staleTime,
        queryFn: async () => (await callApi(readTestAddresses())) as TestAddresses,
      },
      {
        queryKey: ['setup', 'costs'],
        staleTime,
        queryFn: async () => (await callApi(readCosts())) as CostsView,
      },
      {
        queryKey: ['setup', 'customers'],
        staleTime,
        enabled: newest.data !== undefined && !launched,
        queryFn: async () =>
          (await callApi(
            previewAudience({
              body: {
                audience: { everyone: {} },
                channels: { mode: 'first_available', ladder: ['email', 'sms', 'push'] },
              },
            }),
          )) as PreviewView,
      },
    ],
  })
  return {
    facts: {
      brand: brand.data,
      policy: policy.data,
      addresses: addresses.data,
      costs: costs.data,
      // A campaign that was launched had customers.
      customers: launched ? { matched: 1 } : customers.data,
      campaigns: newest.data?.items,
    },
    isPending:
      newest.isPending ||
      [brand, policy, addresses, costs].some((one) => one.isPending) ||
      (!launched && customers.isPending),
  }
}

export default function SetupChecklist() {
  const [dismissed, setDismissed] = useState(isSetupDismissed)
  const { t } = useLocale()
  const change = (next: boolean) => {
    setSetupDismissed(next)
    setDismissed(next)
  }
  if (dismissed)
    return (
      <div>
        <Button variant="subtle" size="compact-sm" onClick={() => change(false)}>
          {t('Show the setup checklist')}
        </Button>
      </div>
    )
  return <OpenChecklist onDismiss={() => change(true)} />
}

function OpenChecklist({ onDismiss }: { onDismiss: () => void }) {
  const { t, number } = useLocale()
  const { facts, isPending } = useSetupFacts()
  if (isPending) return null
  const done = setupSteps.filter((step) => step.done(facts)).length
  if (done === setupSteps.length) return null
  const next = setupSteps.find((step) => !step.done(facts))
  return (
    <SectionCard
      title={t('Get to your first campaign')}
      actions={
        <Group gap="xs">
          <Text size="sm" c="dimmed">
            {t('{n} of {of} steps done', { n: number(done), of: number(setupSteps.length) })}
          </Text>
          <Button variant="default" size="compact-sm" onClick={onDismiss}>
            {t('Hide checklist')}
          </Button>
        </Group>
      }
    >
      <Stack component="ol" gap="sm" m={0} p={0} style={{ listStyle: 'none' }}>
        {setupSteps.map((step) => (
          <StepItem key={step.id} step={step} done={step.done(facts)} isNext={step === next} />
        ))}
      </Stack>
    </SectionCard>
  )
}

function StepItem({ step, done, isNext }: { step: SetupStep; done: boolean; isNext: boolean }) {
  const { t } = useLocale()
  const { mayChange, mayAdminister } = useSession()
  const mayDo = step.admin ? mayAdminister : mayChange
  return (
    <li>
      <Group gap="xs" wrap="nowrap" align="flex-start">
        <Badge
          variant="light"
          color={done ? 'pine' : isNext ? 'blue' : 'gray'}
          tt="none"
          w={104}
          style={{ flexShrink: 0 }}
        >
          {done ? t('Done') : isNext ? t('Next step') : t('To do')}
        </Badge>
        <div>
          <Text fw={600}>{t(step.title)}</Text>
          {!done && (
            <Text size="sm">
              {t(step.help)}{' '}
              {mayDo ? (
                <Anchor
                  component={Link}
                  to={step.to}
                  search={step.tab ? searchParams({ tab: step.tab }) : undefined}
                  size="sm"
                >
                  {t(step.action)}
                </Anchor>
              ) : (
                step.admin && t('An administrator does this.')
              )}
            </Text>
          )}
        </div>
      </Group>
    </li>
  )
}
