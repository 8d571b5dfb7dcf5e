// What is shown when the API no longer takes the session's token: sign in again in a window beside, and go on.
import { Button, Group, Stack, Text } from '@mantine/core'
import { Dialog } from './dialog'
import { useWords } from './i18n'

export default function Ended({ close, signIn }: { close: () => void; signIn: () => void }) {
  const { t } = useWords()
  return (
    <Dialog onClose={close} title={t('Your session has ended')}>
      <Stack>
        <Text>{t('What you typed is still here. Sign in again in a small window, then go on where you were.')}</Text>
        <Group justify="flex-end"><Button onClick={signIn}>{t('Sign in again')}</Button></Group>
      </Stack>
    </Dialog>
  )
}
