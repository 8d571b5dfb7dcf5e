// Opens a dialog over the page. It takes the focus while it is open, and gives it back to the
// element that opened it.
import { Modal, type ModalProps } from '@mantine/core'
import { useEffect } from 'react'
import { useLocale } from '../locales/i18n'

export function ModalDialog({
  onClose,
  ...rest
}: Omit<ModalProps, 'opened' | 'closeButtonProps' | 'returnFocus'>) {
  const { t } = useLocale()
  useEffect(() => {
    const from = document.activeElement
    // The modal is removed together with the dialog, so it cannot give the focus back itself.
    return () => {
      window.setTimeout(() => {
        if (
          from instanceof HTMLElement &&
          from.isConnected &&
          (document.activeElement === document.body || document.activeElement === null)
        )
          from.focus()
      })
    }
  }, [])
  return (
    <Modal
      opened
      onClose={onClose}
      returnFocus={false}
      closeButtonProps={{ 'aria-label': t('Close') }}
      {...rest}
    />
  )
}
