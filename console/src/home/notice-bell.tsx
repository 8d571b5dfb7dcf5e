// Shows the bell of the header: how many notifications are new, and in a dialog what they say and where each
// leads.
import { Button, Group, Stack, Text } from '@mantine/core'
import { useEffect, useState } from 'react'
import type { ImportState } from '../client'
import { ModalDialog } from '../components/modal-dialog'
import { msg, useLocale } from '../locales/i18n'
import { stateMessages } from '../operations/readiness-labels'
import { DecisionItem, DecisionLine } from './decision-item'
import { useNotices } from './notice-queries'
import { type Notice, noticeKey, readSeen, saveSeen } from './notices'

const MAX_SHOWN = 9

const importNews: Partial<Record<ImportState, { title: string; says: string }>> = {
  checked: {
    title: msg('Import is checked'),
    says: msg('Look at what the check found, then start it.'),
  },
  done: { title: msg('Import is done'), says: msg('See what was imported and what was refused.') },
  failed: { title: msg('Import failed'), says: msg('See the cause, and upload the file again.') },
}

export default function NoticeBell() {
  const { t, plural, number } = useLocale()
  const notices = useNotices()
  const [open, setOpen] = useState(false)
  const [seen, setSeen] = useState(() => readSeen(localStorage))
  const fresh = (notices ?? []).filter((notice) => !seen.has(noticeKey(notice))).length
  useEffect(() => {
    if (open && notices) saveSeen(notices, localStorage)
  }, [open, notices])
  const close = () => {
    setOpen(false)
    setSeen(readSeen(localStorage))
  }
  return (
    <>
      <button
        type="button"
        className="header-button"
        onClick={() => setOpen(true)}
        aria-label={
          fresh > 0
            ? plural(fresh, '1 new notification', '{n} new notifications')
            : t('Notifications')
        }
      >
        <svg viewBox="0 0 24 24" width="16" height="16" fill="currentColor" aria-hidden>
          <path d="M12 22a2.500 2.500 0 002.500-2.500h-5A2.500 2.500 0 0012 22zM19 16v-5a7 7 0 00-5.500-6.800V3.500a1.500 1.500 0 00-3 0v.700A7 7 0 005 11v5l-2 2v.500h18V18z" />
        </svg>
        {fresh > 0 && (
          <span className="header-count" aria-hidden>
            {fresh > MAX_SHOWN ? `${number(MAX_SHOWN)}+` : number(fresh)}
          </span>
        )}
      </button>
      {open && (
        <ModalDialog onClose={close} title={t('Notifications')}>
          <Stack>
            {!notices ? (
              <Text role="status">{t('Loading …')}</Text>
            ) : notices.length === 0 ? (
              <Text>
                {t('There is nothing new. Campaigns that pause, fail or wait for you appear here.')}
              </Text>
            ) : (
              // A link closes the dialog over the page to which it leads.
              <Stack
                component="ul"
                gap="sm"
                m={0}
                p={0}
                style={{ listStyle: 'none' }}
                onClick={({ target }) => {
                  if (target instanceof Element && target.closest('a')) close()
                }}
              >
                {notices.map((notice) => (
                  <NoticeItem key={noticeKey(notice)} notice={notice} />
                ))}
              </Stack>
            )}
            <Text size="sm" c="dimmed">
              {t('Checked every minute while the console is open.')}
            </Text>
            <Group justify="flex-end">
              <Button variant="default" onClick={close}>
                {t('Close')}
              </Button>
            </Group>
          </Stack>
        </ModalDialog>
      )}
    </>
  )
}

function NoticeItem({ notice }: { notice: Notice }) {
  const { t, plural, number } = useLocale()
  switch (notice.kind) {
    case 'import':
      return (
        <DecisionLine
          to="/configuration/voucher-campaign/imports"
          search={{ import: notice.file.id }}
          name={notice.file.file_name}
          isName
          why={t(importNews[notice.file.state]?.title ?? '')}
          says={t(importNews[notice.file.state]?.says ?? '')}
        />
      )
    case 'readiness':
      return (
        <DecisionLine
          to="/configuration/voucher-campaign/readiness"
          name={t('Readiness')}
          why={t(stateMessages[notice.state].title)}
          says={t(stateMessages[notice.state].says, { n: number(notice.trial) })}
        />
      )
    case 'webhook':
      return (
        <DecisionLine
          to="/configuration/voucher-campaign/settings"
          search={{ tab: 'webhooks' }}
          name={notice.endpoint}
          isName
          why={t('Webhook endpoint refuses events')}
          says={
            notice.more
              ? t('More than {n} events wait to be sent again.', { n: number(notice.waiting) })
              : plural(
                  notice.waiting,
                  '1 event waits to be sent again.',
                  '{n} events wait to be sent again.',
                )
          }
        />
      )
    case 'system':
    case 'health':
    case 'redeeming':
    case 'approval':
    case 'replies':
      return <DecisionItem decision={notice} />
  }
}
