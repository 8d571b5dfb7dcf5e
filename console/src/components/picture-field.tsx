// Takes a picture: a file that is chosen, dropped or pasted and then uploaded, or the address of one.
// Shows the picture, the upload under way, and what is wrong with either.
import { Button, FileButton, Group, Image, Paper, Progress, Stack, Text } from '@mantine/core'
import { useMutation } from '@tanstack/react-query'
import { type ReactNode, useEffect, useRef, useState } from 'react'
import { useProblemMessage } from '../api/problem-messages'
import { ApiProblem, callApi } from '../api/requests'
import { textLimits } from '../api/text-limits'
import { uploadPicture } from '../client'
import { useLocale } from '../locales/i18n'
import { CountedTextInput } from './counted-text'
import { droppedFile, fileFault, PICTURE_TYPES, pictureRefusal, uploadType } from './picture-file'

interface PictureFieldProps {
  label: string
  hint?: string
  required?: boolean
  value: string
  error?: ReactNode
  /** The place in the draft, by which a list of problems finds the input. */
  'data-at'?: string
  onBlur?: () => void
  onChange: (url: string) => void
}

/** Only a whole address is asked for a picture: not each one that is half typed. */
const isOnWeb = (url: string) => /^https?:\/\/[^/]+\/./.test(url)

export function PictureField(props: PictureFieldProps) {
  const upload = useUpload(props.value, props.onChange)
  return <PictureFrame {...props} upload={upload} shown={isOnWeb(props.value) ? props.value : ''} />
}

/** What is known of an upload, and how one starts. */
export interface PictureUpload {
  busy: boolean
  /** The address of what was uploaded. */
  done?: string
  /** What is wrong with the upload. */
  message?: string
  reset: () => void
  send: (file: File | null | undefined) => void
}

/** Draws the field in the state of its upload, with the picture that is at the address `shown`. */
export function PictureFrame({
  label,
  hint,
  error,
  value,
  onChange,
  upload,
  shown,
  ...input
}: PictureFieldProps & { upload: PictureUpload; shown: string }) {
  const { t } = useLocale()
  const [over, setOver] = useState(false)
  return (
    <Paper
      withBorder
      p="xs"
      role="group"
      aria-label={label}
      bg={over ? 'var(--mantine-primary-color-light)' : undefined}
      onDragOver={(event) => {
        event.preventDefault()
        setOver(true)
      }}
      onDragLeave={() => setOver(false)}
      onDrop={(event) => {
        event.preventDefault()
        setOver(false)
        upload.send(droppedFile(event.dataTransfer))
      }}
      onPaste={(event) => {
        const file = droppedFile(event.clipboardData)
        if (!file) return
        event.preventDefault()
        upload.send(file)
      }}
    >
      <Stack gap="xs">
        <CountedTextInput
          {...input}
          label={label}
          description={hint}
          limit={textLimits.link}
          dir="ltr"
          value={value}
          error={upload.message ?? error}
          onChange={({ currentTarget }) => {
            upload.reset()
            onChange(currentTarget.value)
          }}
        />
        <Group gap="xs">
          <FileButton accept={PICTURE_TYPES.join(',')} onChange={(file) => upload.send(file)}>
            {(button) => (
              <Button
                {...button}
                size="compact-sm"
                variant="default"
                loading={upload.busy}
                aria-label={`${label}: ${t('Upload image')}`}
              >
                {t('Upload image')}
              </Button>
            )}
          </FileButton>
          <Text size="xs" c="dimmed">
            {t('Or drop one here. PNG, JPEG, GIF or WebP, up to 2 MB.')}
          </Text>
        </Group>
        {upload.busy && <Progress value={100} animated aria-label={t('Uploading…')} />}
        <Text size="xs" role="status">
          {upload.busy ? t('Uploading…') : upload.done && value === upload.done && t('Uploaded.')}
        </Text>
        <Preview url={shown} />
      </Stack>
    </Paper>
  )
}

/** Uploads one file at a time, and hands on its address unless the field has changed meanwhile. */
function useUpload(value: string, onChange: (url: string) => void): PictureUpload {
  const { t } = useLocale()
  const problemMessage = useProblemMessage()
  const present = useRef(value)
  useEffect(() => {
    present.current = value
  })
  const [changed, setChanged] = useState(false)
  const sending = useMutation({
    mutationFn: async (file: File) => {
      const code = fileFault(file)
      if (code) throw new ApiProblem(422, { code })
      const headers = { 'Content-Type': uploadType(file) }
      return callApi(uploadPicture({ body: file, headers }))
    },
  })
  const refusal = pictureRefusal(sending.error)
  const failure = sending.error && (refusal ? t(refusal) : problemMessage(sending.error))
  return {
    busy: sending.isPending,
    done: sending.data?.url,
    message: changed
      ? t('The field changed during the upload. Upload the image again.')
      : (failure ?? undefined),
    reset: () => {
      setChanged(false)
      if (!sending.isPending) sending.reset()
    },
    send: (file: File | null | undefined) => {
      if (!file || sending.isPending) return
      const before = value
      setChanged(false)
      sending.mutate(file, {
        // Not called when the field is gone by then.
        onSuccess: ({ url }) => {
          if (present.current === before) onChange(url)
          else setChanged(true)
        },
      })
    },
  }
}

/** Shows the picture at an address, if there is one, or that it has none. */
function Preview({ url }: { url: string }) {
  const { t } = useLocale()
  const [broken, setBroken] = useState<string>()
  if (url === '') return null
  return broken === url ? (
    <Text size="xs" c="var(--mantine-color-error)">
      {t('This image can’t be loaded.')}
    </Text>
  ) : (
    <Image
      src={url}
      alt=""
      mah={120}
      w="auto"
      maw="100%"
      fit="contain"
      referrerPolicy="no-referrer"
      onError={() => setBroken(url)}
    />
  )
}
