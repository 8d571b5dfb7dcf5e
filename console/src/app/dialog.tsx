// A question over the page: it takes the focus while it stands, and gives it back to where it was asked from.
import { Modal, type ModalProps } from '@mantine/core'
import { useEffect } from 'react'
import { useWords } from './i18n'

export function Dialog({ onClose, ...rest }: Omit<ModalProps, 'opened' | 'closeButtonProps' | 'returnFocus'>) {
  const { t } = useWords()
  useEffect(() => {
    const from = document.activeElement
    // the modal itself is gone with the question, so it cannot do this
    return () => { window.setTimeout(() => { if (from instanceof HTMLElement && from.isConnected && (document.activeElement === document.body || document.activeElement === null)) from.focus() }) }
  }, [])
  return <Modal opened onClose={onClose} returnFocus={false} closeButtonProps={{ 'aria-label': t('Close') }} {...rest} />
}
