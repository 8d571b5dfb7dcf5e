// Shows Configuration > Settings in tabs: contact policy, topics, attributes, several vouchers on one order, goodwill,
// brand, way out of SMS, test addresses, costs, approvals, webhooks, API keys and groups. The tab is in the address.
import { Tabs } from '@mantine/core'
import { useFilters } from '../../app/search-params'
import { PageFrame } from '../../components/page-frame'
import { useLocale } from '../../locales/i18n'
import { WebhookEndpoints } from '../../webhooks/webhook-endpoints'
import { ApiKeysPanel } from './api-keys-panel'
import { AttributesForm } from './attributes-form'
import { ApprovalsForm } from './approvals-form'
import { BrandForm } from './brand-form'
import { CombinationForm } from './combination-form'
import { ContactPolicyForm } from './contact-policy-form'
import { CostsForm } from './costs-form'
import { GoodwillForm } from './goodwill-form'
import { NoticesForm } from './notices-form'
import { GroupsPanel } from './groups-panel'
import { settingsTabs } from './settings-tabs'
import { SmsWayOutForm } from './sms-way-out-form'
import { TestAddressesForm } from './test-addresses-form'
import { TopicsForm } from './topics-form'

export function SettingsPage() {
  const { t } = useLocale()
  const filters = useFilters()
  return (
    <PageFrame title={t('Settings')} intro={t('Settings for all campaigns.')}>
      <Tabs
        value={filters.text('tab') ?? 'policy'}
        onChange={(value) =>
          filters.set({ tab: value === 'policy' ? undefined : (value ?? undefined) })
        }
        keepMounted={false}
      >
        <Tabs.List>
          {settingsTabs.map(({ tab, name }) => (
            <Tabs.Tab key={tab} value={tab}>
              {t(name)}
            </Tabs.Tab>
          ))}
        </Tabs.List>
        <Tabs.Panel value="policy" pt="lg">
          <ContactPolicyForm />
        </Tabs.Panel>
        <Tabs.Panel value="topics" pt="lg">
          <TopicsForm />
        </Tabs.Panel>
        <Tabs.Panel value="attributes" pt="lg">
          <AttributesForm />
        </Tabs.Panel>
        <Tabs.Panel value="combination" pt="lg">
          <CombinationForm />
        </Tabs.Panel>
        <Tabs.Panel value="goodwill" pt="lg">
          <GoodwillForm />
        </Tabs.Panel>
        <Tabs.Panel value="brand" pt="lg">
          <BrandForm />
        </Tabs.Panel>
        <Tabs.Panel value="way-out" pt="lg">
          <SmsWayOutForm />
        </Tabs.Panel>
        <Tabs.Panel value="tests" pt="lg">
          <TestAddressesForm />
        </Tabs.Panel>
        <Tabs.Panel value="costs" pt="lg">
          <CostsForm />
        </Tabs.Panel>
        <Tabs.Panel value="approvals" pt="lg">
          <ApprovalsForm />
        </Tabs.Panel>
        <Tabs.Panel value="notices" pt="lg">
          <NoticesForm />
        </Tabs.Panel>
        <Tabs.Panel value="webhooks" pt="lg">
          <WebhookEndpoints />
        </Tabs.Panel>
        <Tabs.Panel value="keys" pt="lg">
          <ApiKeysPanel />
        </Tabs.Panel>
        <Tabs.Panel value="roles" pt="lg">
          <GroupsPanel />
        </Tabs.Panel>
      </Tabs>
    </PageFrame>
  )
}
