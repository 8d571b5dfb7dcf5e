// Asks the operator to sign in again, in a window beside this one, after the API has refused the
// session's token.
import { Button, Group, Stack, Text } from '@mantine/core'
import { ModalDialog } from '../components/modal-dialog'
import { useLocale } from '../locales/i18n'

export default function SessionEndedDialog({
  close,
  signIn,
}: {
  close: () => void
  signIn: () => void
}) {
  const { t } = useLocale()
  return (
    <ModalDialog onClose={close} title={t('Your session has ended')}>
      <Stack>
        <Text>
          {t('Your changes are still here. Sign in again in a pop-up window to continue.')}
        </Text>
        <Group justify="flex-end">
          <Button onClick={signIn}>{t('Sign in again')}</Button>
        </Group>
      </Stack>
    </ModalDialog>
  )
}
