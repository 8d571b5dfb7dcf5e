// Shows Configuration > Suppressions: the addresses to which nothing is sent, and of one address
// every no that it has said. Operators add, lift, import and export suppressions.
import { Button, Group, TextInput } from '@mantine/core'
import { useMutation } from '@tanstack/react-query'
import { useState } from 'react'
import { useFieldErrorAt } from '../../api/api-messages'
import { useFilters } from '../../app/search-params'
import { useSession } from '../../app/session'
import type { AddressName, AddressView, Channel } from '../../client'
import { PageFrame } from '../../components/page-frame'
import { ProblemAlert } from '../../components/problem-alert'
import { channelOrder } from '../../delivery/labels'
import { useLocale } from '../../locales/i18n'
import { addressFields, parseAddress } from './address-name'
import { AddressPanel } from './address-panel'
import { searchAddress, useKeepAddress } from './address-queries'
import { ImportButton } from './import-dialog'
import { SuppressButton } from './suppress-dialog'
import { SuppressedList } from './suppressed-list'

export function SuppressionsPage() {
  const { t } = useLocale()
  const { mayChange } = useSession()
  const filters = useFilters()
  const key = filters.text('key')
  const channel = channelOrder.find((one) => one === filters.text('channel'))
  const open = (view: Pick<AddressView, 'key' | 'channel'>) =>
    filters.set({ key: view.key, channel: view.channel })
  return (
    <PageFrame
      title={t('Suppressions')}
      intro={t(
        'Addresses that get no messages, and why. A suppression belongs to the address: it applies to every customer who has it, now or later.',
      )}
      actions={
        mayChange && (
          <>
            <SuppressButton onSuppressed={open} />
            <ImportButton />
          </>
        )
      }
    >
      <AddressSearch channel={channel} open={open} />
      {key ? (
        <AddressPanel key={key} addressKey={key} channel={channel} />
      ) : (
        <SuppressedList
          channel={channel ?? 'sms'}
          onChannel={(value) => filters.set({ channel: value })}
        />
      )}
    </PageFrame>
  )
}

/** Finds an address. It is sent in the request's body and never appears in this page's address. */
function AddressSearch({
  channel,
  open,
}: {
  channel: Channel | undefined
  open: (view: AddressView) => void
}) {
  const { t } = useLocale()
  const filters = useFilters()
  const keep = useKeepAddress()
  const [typed, setTyped] = useState('')
  const [unclear, setUnclear] = useState(false)
  const searching = useMutation({
    mutationFn: (body: AddressName) => searchAddress(body),
    onSuccess: (view) => {
      keep(view)
      open(view)
    },
  })
  const errorAt = useFieldErrorAt(searching.error)
  const fieldError = addressFields.map((name) => errorAt(`/${name}`)).find(Boolean)
  const search = () => {
    const address = parseAddress(typed)
    searching.reset()
    setUnclear(!address)
    // A key of which nothing is known yet needs its channel.
    if (address) searching.mutate(address.key ? { ...address, channel } : address)
  }
  return (
    <form
      role="search"
      onSubmit={(event) => {
        event.preventDefault()
        search()
      }}
    >
      <Group align="flex-end" className="no-print">
        <TextInput
          type="search"
          label={t('Address')}
          description={t('E-mail, phone with country code, push endpoint, or key')}
          value={typed}
          w={360}
          maxLength={400}
          dir="auto"
          autoComplete="off"
          error={unclear ? t('Enter an address or a key.') : fieldError}
          inputWrapperOrder={['label', 'description', 'error', 'input']}
          onChange={({ currentTarget }) => setTyped(currentTarget.value)}
        />
        <Button type="submit" loading={searching.isPending} disabled={typed.trim() === ''}>
          {t('Find')}
        </Button>
        {filters.text('key') && (
          <Button
            variant="default"
            onClick={() => {
              setTyped('')
              filters.set({ key: undefined })
            }}
          >
            {t('All suppressed addresses')}
          </Button>
        )}
      </Group>
      {searching.error && !fieldError && <ProblemAlert error={searching.error} />}
    </form>
  )
}
