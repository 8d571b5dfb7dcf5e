// Takes a date and time on the clock of this browser's zone, and names that zone beside the input,
// with the same moment on the tenant's clock. Says when the clock skips the time or shows it twice.
import { Text, TextInput } from '@mantine/core'
import { useQuery } from '@tanstack/react-query'
import { useState } from 'react'
import { callApi } from '../api/requests'
import { offsetName, readWallTime, wallTimeAt } from '../api/zoned-time'
import { readContactPolicy } from '../client'
import { useLocale } from '../locales/i18n'

const POLICY_STALE_MS = 60_000

/** Reads the contact policy in force: its quiet hours, and the tenant's zone. */
export const useContactPolicy = () =>
  useQuery({
    queryKey: ['contact-policy'],
    staleTime: POLICY_STALE_MS,
    queryFn: ({ signal }) => callApi(readContactPolicy({ signal })),
  })

export const browserZone = () => Intl.DateTimeFormat().resolvedOptions().timeZone

export function ZonedTimeInput({
  label,
  hint,
  error,
  value,
  onChange,
  onBlur,
}: {
  label: string
  hint?: string
  error?: string
  /** A moment, as the API writes it. */
  value: string | undefined
  onChange: (moment: string | undefined) => void
  onBlur?: () => void
}) {
  const { t } = useLocale()
  const zone = browserZone()
  const [skipped, setSkipped] = useState<string>()
  return (
    <div>
      <TextInput
        type="datetime-local"
        label={label}
        description={
          <>
            {hint} {t('Your time zone: {zone}', { zone })}
          </>
        }
        error={error}
        maw={260}
        value={value ? wallTimeAt(value, zone) : ''}
        onBlur={onBlur}
        onChange={({ currentTarget }) => {
          const read = readWallTime(currentTarget.value, zone)
          setSkipped(read?.kind === 'skipped' ? currentTarget.value.slice(-5) : undefined)
          onChange(read?.at)
        }}
      />
      {value && <MomentNote moment={value} zone={zone} skipped={skipped} />}
    </div>
  )
}

/** Says which moment a time is, where the clock alone does not. */
function MomentNote({
  moment,
  zone,
  skipped,
}: {
  moment: string
  zone: string
  skipped: string | undefined
}) {
  const { t, timeIn } = useLocale()
  const tenantZone = useContactPolicy().data?.tenant_zone
  const read = readWallTime(wallTimeAt(moment, zone), zone)
  const notes = [
    skipped &&
      t('The clock goes forward and skips {time}. This is {shown}.', {
        time: skipped,
        shown: wallTimeAt(moment, zone).slice(-5),
      }),
    read?.kind === 'twice' &&
      t('The clock goes back and shows this time twice. This is the one at {offset}.', {
        offset: offsetName(moment, zone),
      }),
    tenantZone &&
      tenantZone !== zone &&
      t('{time} in {zone}', { time: timeIn(moment, tenantZone), zone: tenantZone }),
  ].filter(Boolean)
  return notes.length === 0 ? null : (
    <Text size="xs" role="status" maw={260}>
      {notes.join(' · ')}
    </Text>
  )
}
