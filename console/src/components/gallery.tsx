// Shows every component that several pages share, in each of its states: for administrators, who
// check a change of the look here. Width and direction are in the address; the header has the colours.
import { Badge, Button, Group, Stack, Switch, Text, Title } from '@mantine/core'
import { Link, notFound } from '@tanstack/react-router'
import { type ReactNode, useState } from 'react'
import { DAY_MS, isoDay, stackTime } from '../api/clock'
import { ApiProblem } from '../api/requests'
import { textLimits } from '../api/text-limits'
import { useFilters } from '../app/search-params'
import { useSession } from '../app/session'
import { stateLabels } from '../campaign/labels'
import { StateBadge } from '../campaign/state-badge'
import type { CampaignState, HealthState } from '../client'
import { useLocale } from '../locales/i18n'
import { healthColors, healthLabels } from '../operations/health-labels'
import { helpTexts } from '../reporting/help-texts'
import { ChannelHours, type ChannelHoursValue } from './channel-hours'
import { ChartCard } from './chart-card'
import { CountedTextarea } from './counted-text'
import { CursorPager } from './cursor-pager'
import { DifferencesTable } from './differences-table'
import { EmptyState } from './empty-state'
import { KeyFigure } from './key-figure'
import { LoadingSkeleton, LoadingSpinner } from './loading'
import { ModalDialog } from './modal-dialog'
import { PageFrame } from './page-frame'
import { PictureField, PictureFrame } from './picture-field'
import { ProblemAlert } from './problem-alert'
import { QueryResult } from './query-result'
import { ReasonField } from './reason-field'
import { RelativeTime } from './relative-time'
import { SectionCard } from './section-card'
import { TypedNumberInput } from './typed-number-input'
import { ZonedTimeInput } from './zoned-time-input'

const NARROW_PX = 328
const noop = () => {}
const PICTURE_ADDRESS = 'https://cdn.example.com/summer.png'
/** A picture that is drawn from its own address: nothing is loaded. */
const PICTURE = `data:image/svg+xml,${encodeURIComponent(
  '<svg xmlns="http://www.w3.org/2000/svg" width="240" height="80">' +
    '<rect width="240" height="80" fill="#1f7a5c"/><circle cx="200" cy="40" r="24" fill="#f2c14e"/></svg>',
)}`
const BROKEN_PICTURE = 'data:image/png;base64,AAAA'

/** The names of the components that the page shows, each in a region of its own. */
export const galleryNames = [
  'Badge',
  'Button',
  'ChannelHours',
  'ChartCard',
  'CountedTextarea',
  'CursorPager',
  'DifferencesTable',
  'EmptyState',
  'KeyFigure',
  'Loading',
  'ModalDialog',
  'PictureField',
  'ProblemAlert',
  'QueryResult',
  'ReasonField',
  'RelativeTime',
  'SectionCard',
  'TypedNumberInput',
  'ZonedTimeInput',
] as const
type GalleryName = (typeof galleryNames)[number]

export function GalleryPage() {
  const { t } = useLocale()
  const { mayAdminister } = useSession()
  const filters = useFilters()
  const isNarrow = filters.text('width') === 'narrow'
  const direction = filters.text('direction')
  if (!mayAdminister && !import.meta.env.DEV) throw notFound()
  const shown: Record<GalleryName, () => ReactNode> = {
    Badge: Badges,
    Button: Buttons,
    ChannelHours: Hours,
    ChartCard: Charts,
    CountedTextarea: Texts,
    CursorPager: Pagers,
    DifferencesTable: Differences,
    EmptyState: EmptyStates,
    KeyFigure: KeyFigures,
    Loading: Loadings,
    ModalDialog: Dialogs,
    PictureField: Pictures,
    ProblemAlert: Problems,
    QueryResult: Queries,
    ReasonField: Reasons,
    RelativeTime: Times,
    SectionCard: Cards,
    TypedNumberInput: Numbers,
    ZonedTimeInput: ZonedTimes,
  }
  return (
    <PageFrame
      title={t('Components')}
      intro={t('Every shared component in each of its states. Switch the colours in the header.')}
    >
      <Group>
        <Switch
          label={t('Narrow')}
          checked={isNarrow}
          onChange={({ currentTarget }) =>
            filters.set({ width: currentTarget.checked ? 'narrow' : undefined })
          }
        />
        <Switch
          label={t('Right to left')}
          checked={direction === 'rtl'}
          onChange={({ currentTarget }) =>
            filters.set({ direction: currentTarget.checked ? 'rtl' : undefined })
          }
        />
      </Group>
      <Stack
        gap="xl"
        dir={direction === 'rtl' ? 'rtl' : undefined}
        maw={isNarrow ? NARROW_PX : undefined}
        data-testid="gallery"
      >
        {galleryNames.map((name) => {
          const Shown = shown[name]
          return (
            <Stack key={name} gap="sm" component="section" aria-label={name}>
              <Title order={2} size="h4">
                <code>{name}</code>
              </Title>
              <Shown />
            </Stack>
          )
        })}
      </Stack>
    </PageFrame>
  )
}

function Badges() {
  const { t } = useLocale()
  return (
    <>
      <Group gap="xs">
        {(Object.keys(stateLabels) as CampaignState[]).map((state) => (
          <StateBadge key={state} state={state} />
        ))}
      </Group>
      <Group gap="xs">
        {(Object.keys(healthLabels) as HealthState[]).map((state) => (
          <Badge key={state} variant="light" color={healthColors[state]} tt="none">
            {t(healthLabels[state])}
          </Badge>
        ))}
      </Group>
    </>
  )
}

function Buttons() {
  const { t } = useLocale()
  const variants = ['filled', 'default', 'subtle', 'outline'] as const
  return (
    <>
      <Group>
        {variants.map((variant) => (
          <Button key={variant} variant={variant}>
            {t('Save')}
          </Button>
        ))}
      </Group>
      <Group>
        <Button disabled>{t('Save')}</Button>
        <Button size="compact-sm" variant="default">
          {t('Save')}
        </Button>
        <Button component={Link} to="/components" variant="default">
          {t('Components')}
        </Button>
      </Group>
    </>
  )
}

function Hours() {
  const [hours, setHours] = useState<ChannelHoursValue>({ sms: { from: '21:00', to: '08:00' } })
  const { t } = useLocale()
  return (
    <ChannelHours
      value={hours}
      onChange={setHours}
      errorAt={(channel) => (channel === 'email' ? t('Required.') : undefined)}
    />
  )
}

function Charts() {
  const { t } = useLocale()
  const to = isoDay(stackTime())
  const from = isoDay(Date.parse(to) - 29 * DAY_MS)
  const longAgo = isoDay(Date.parse(to) - 364 * DAY_MS)
  const values = (first: string, value: (place: number) => number) => {
    const found: Record<string, number> = {}
    for (let at = Date.parse(first), place = 0; at <= Date.parse(to); at += DAY_MS, place += 1)
      found[isoDay(at)] = value(place)
    return found
  }
  return (
    <>
      <ChartCard
        title={t('Vouchers by day')}
        from={from}
        to={to}
        series={[
          { name: t('Issued'), values: values(from, (n) => (n * 37) % 900), tone: 'light' },
          { name: t('Accepted'), values: values(from, (n) => (n * 23) % 500), tone: 'dark' },
          { name: t('Redeemed'), values: values(from, (n) => (n * 11) % 300), tone: 'deep' },
        ]}
        band={{ name: t('matches of a typical day'), low: 200, high: 600 }}
      />
      <ChartCard
        title={t('Profit')}
        unit="EUR"
        from={from}
        to={to}
        series={[
          {
            name: t('Profit'),
            values: values(from, (n) => ((n * 7919) % 5_000_000) - 1_500_000),
            tone: 'alarm',
            currency: 'EUR',
          },
        ]}
      />
      <ChartCard
        title={t('Vouchers')}
        from={longAgo}
        to={to}
        series={[{ name: t('Issued'), values: values(longAgo, (n) => n), tone: 'dark' }]}
        note={t('Days are those of {zone}.', { zone: 'UTC' })}
      />
      <ChartCard
        title={t('Revenue')}
        from={to}
        to={to}
        series={[{ name: t('Revenue'), values: {}, tone: 'dark' }]}
      />
    </>
  )
}

function Texts() {
  const { t } = useLocale()
  const [text, setText] = useState('')
  const [long, setLong] = useState('x'.repeat(600))
  return (
    <>
      <CountedTextarea
        label={t('Name')}
        limit={textLimits.reason}
        value={text}
        onChange={({ currentTarget }) => setText(currentTarget.value)}
      />
      <CountedTextarea
        label={t('Description')}
        limit={textLimits.reason}
        value={long}
        onChange={({ currentTarget }) => setLong(currentTarget.value)}
      />
    </>
  )
}

function Pagers() {
  return (
    <>
      <CursorPager cursors={[]} next="2" go={noop} />
      <CursorPager cursors={['2', '3']} next={null} go={noop} />
    </>
  )
}

function Differences() {
  const { t } = useLocale()
  return (
    <DifferencesTable
      mine={{ name: 'A', holdout_percent: 5, cap: { amount: 500, currency: 'EUR' } }}
      theirs={{ name: 'B', cap: { amount: 700, currency: 'EUR' } }}
      names={{ name: t('Name'), holdout_percent: t('Control group (%)'), cap: t('Limits') }}
    />
  )
}

function EmptyStates() {
  const { t } = useLocale()
  return (
    <EmptyState title={t('No promotion yet')} action={<Button>{t('New promotion')}</Button>}>
      {t('Launch a promotion or enable an autopilot, or choose a longer period.')}
    </EmptyState>
  )
}

function KeyFigures() {
  const { t, minor, number, percent } = useLocale()
  return (
    <Group align="stretch">
      <KeyFigure label={t('Revenue')} value={minor(123_456_789, 'EUR')} />
      <KeyFigure
        label={t('Redeemed')}
        value={number(1_234)}
        hint={t('{change} against the period before', { change: percent(12, 100) })}
      />
      <KeyFigure label={t('Verdict')} value="–" help={t(helpTexts.verdict)} />
    </Group>
  )
}

/** What loads is shown on request: a page that seems to load for ever looks broken. */
function OnRequest({ children }: { children: ReactNode }) {
  const { t } = useLocale()
  const [isShown, setShown] = useState(false)
  return (
    <>
      <div>
        <Button variant="default" aria-pressed={isShown} onClick={() => setShown(!isShown)}>
          {t('Show what loads')}
        </Button>
      </div>
      {isShown && children}
    </>
  )
}

function Loadings() {
  const { t } = useLocale()
  return (
    <OnRequest>
      <LoadingSpinner />
      <LoadingSkeleton lines={3} />
      <Group>
        <Button loading>{t('Save')}</Button>
      </Group>
    </OnRequest>
  )
}

function Dialogs() {
  const { t } = useLocale()
  const [isOpen, setOpen] = useState(false)
  return (
    <>
      <div>
        <Button variant="default" onClick={() => setOpen(true)}>
          {t('Open a dialog')}
        </Button>
      </div>
      {isOpen && (
        <ModalDialog title={t('Components')} onClose={() => setOpen(false)}>
          <Text>{t('There is no page at this address')}</Text>
        </ModalDialog>
      )}
    </>
  )
}

/** Every state but the first is given: no file is sent, and the pictures are within their addresses. */
function Pictures() {
  const { t } = useLocale()
  const [url, setUrl] = useState('')
  const given = { value: PICTURE_ADDRESS, onChange: noop }
  const idle = { busy: false, reset: noop, send: noop }
  return (
    <>
      <PictureField
        label={t('Image address')}
        hint={t('A public https address of an image.')}
        value={url}
        onChange={setUrl}
      />
      <PictureFrame
        {...given}
        label={t('Image')}
        upload={{ ...idle, done: PICTURE_ADDRESS }}
        shown={PICTURE}
      />
      <PictureFrame
        {...given}
        label={t('Logo')}
        upload={{ ...idle, message: t('The file is too large. The maximum is 2 MB.') }}
        shown={PICTURE}
      />
      <PictureFrame
        {...given}
        label={t('Logo for dark mode')}
        upload={idle}
        shown={BROKEN_PICTURE}
      />
      <PictureFrame
        label={t('Image address')}
        required
        value=""
        error={t('Required.')}
        onChange={noop}
        upload={idle}
        shown=""
      />
      <OnRequest>
        <PictureFrame
          label={t('Image')}
          value=""
          onChange={noop}
          upload={{ ...idle, busy: true }}
          shown=""
        />
      </OnRequest>
    </>
  )
}

function Problems() {
  return (
    <>
      <ProblemAlert error={new ApiProblem(0, {})} retry={noop} />
      <ProblemAlert
        error={new ApiProblem(500, { code: 'unexpected', request_id: 'f3b1c5e0' })}
        retry={noop}
      />
      <ProblemAlert error={new ApiProblem(404, { code: 'not_found' })} retry={noop} />
      <ProblemAlert
        error={
          new ApiProblem(422, {
            code: 'invalid',
            errors: [{ field: '/name', code: 'required', detail: 'a name is required' }],
          })
        }
        retry={noop}
      />
    </>
  )
}

function Queries() {
  const { t } = useLocale()
  const state = { isPending: false, refetch: noop }
  return (
    <>
      <QueryResult query={{ ...state, data: t('Done'), error: null }}>
        {(text) => <Text>{text}</Text>}
      </QueryResult>
      <QueryResult query={{ ...state, data: t('Done'), error: new ApiProblem(0, {}) }}>
        {(text) => <Text>{text}</Text>}
      </QueryResult>
    </>
  )
}

function Reasons() {
  const { t } = useLocale()
  const [reason, setReason] = useState('')
  return (
    <>
      <ReasonField value={reason} onChange={setReason} />
      <ReasonField value={reason} onChange={setReason} error={t('Required.')} />
    </>
  )
}

function Times() {
  return (
    <Group>
      <RelativeTime at={new Date(stackTime() - 2 * DAY_MS).toISOString()} />
      <RelativeTime at={new Date(stackTime() + DAY_MS / 2).toISOString()} />
      <RelativeTime at={null} />
    </Group>
  )
}

function Cards() {
  const { t } = useLocale()
  return (
    <>
      <SectionCard
        title={t('Live now')}
        actions={
          <Button size="compact-sm" variant="default">
            {t('Edit')}
          </Button>
        }
      >
        <Text>{t('No campaign is live.')}</Text>
      </SectionCard>
      <SectionCard>
        <Text>{t('No campaign is live.')}</Text>
      </SectionCard>
    </>
  )
}

function Numbers() {
  const { t } = useLocale()
  const [count, setCount] = useState<number | undefined>(1_234)
  const [amount, setAmount] = useState<number | undefined>(2.5)
  return (
    <Group align="flex-start">
      <TypedNumberInput label={t('Maximum vouchers')} value={count} onChange={setCount} />
      <TypedNumberInput
        label={t('Maximum discount')}
        unit="EUR"
        digits={2}
        value={amount}
        onChange={setAmount}
      />
      <TypedNumberInput
        label={t('Control group (%)')}
        unit="%"
        value={count}
        error={t('This is too large.')}
        onChange={setCount}
      />
    </Group>
  )
}

function ZonedTimes() {
  const { t } = useLocale()
  const [at, setAt] = useState<string | undefined>('2026-12-07T09:00:00Z')
  return (
    <Group align="flex-start">
      <ZonedTimeInput label={t('Starts')} value={at} onChange={setAt} />
      <ZonedTimeInput label={t('Ends')} value={undefined} error={t('Required.')} onChange={noop} />
    </Group>
  )
}
