// Takes a new import: what the file holds, the file itself, and what applies where a cell says
// nothing; then uploads it with its progress.
import { Button, FileInput, Group, Paper, Progress, Select, Stack, Text } from '@mantine/core'
import { useMutation } from '@tanstack/react-query'
import { useEffect, useRef, useState } from 'react'
import { useFieldErrorAt } from '../../api/api-messages'
import { callApi } from '../../api/requests'
import { createImport, type ImportFileKind, type NewImport as ApiImport } from '../../client'
import { ProblemAlert } from '../../components/problem-alert'
import { SectionCard } from '../../components/section-card'
import { useLocale } from '../../locales/i18n'
import { DefaultsFields, type Defaults, noDefaults, statedDefaults } from './defaults-fields'
import { useKeepImport } from './import-queries'
import { fileSize, kindLabels, kindOrder } from './labels'
import { uploadFile } from './upload-file'

/** The largest file that the API takes. */
const MAX_FILE_SIZE = 4 * 1024 ** 3

export function NewImport({
  onUploaded,
  first,
}: {
  onUploaded: (id: string) => void
  /** The content that is chosen first. */
  first: string | undefined
}) {
  const { t } = useLocale()
  const [kind, setKind] = useState<ImportFileKind>(
    kindOrder.find((known) => known === first) ?? 'customers',
  )
  const [file, setFile] = useState<File | null>(null)
  const [defaults, setDefaults] = useState<Defaults>(noDefaults)
  const { sending, sent, made, reset } = useUpload(onUploaded)
  const errorAt = useFieldErrorAt(sending.error)
  const choose = (chosen: File | null) => {
    reset()
    setFile(chosen)
  }
  const fileError = file && fileFault(file, t)
  const busy = sending.isPending
  return (
    <SectionCard title={t('New import')}>
      <form
        onSubmit={(event) => {
          event.preventDefault()
          if (file && !fileError) sending.mutate({ kind, file, defaults })
        }}
      >
        <Stack maw={640}>
          <Select
            label={t('Content')}
            description={t('What each line of the file is about.')}
            allowDeselect={false}
            disabled={busy || made}
            value={kind}
            data={kindOrder.map((value) => ({ value, label: t(kindLabels[value]) }))}
            onChange={(value) => {
              reset()
              setKind(value as ImportFileKind)
            }}
          />
          <FileField
            file={file}
            disabled={busy}
            error={fileError ?? errorAt('/file_name') ?? errorAt('/bytes')}
            onChange={choose}
          />
          <DefaultsFields
            kind={kind}
            value={defaults}
            disabled={busy || made}
            errorAt={errorAt}
            onChange={setDefaults}
          />
          {busy && file && <UploadProgress sent={sent} size={file.size} />}
          {sending.error && (
            <ProblemAlert error={sending.error} title={t('Couldn’t upload the file')} />
          )}
          <Group>
            <Button type="submit" loading={busy} disabled={!file || Boolean(fileError)}>
              {sending.error ? t('Try again') : t('Upload and check')}
            </Button>
          </Group>
        </Stack>
      </form>
    </SectionCard>
  )
}

/** Takes a file that is chosen or dropped. */
function FileField({
  file,
  disabled,
  error,
  onChange,
}: {
  file: File | null
  disabled: boolean
  error: string | undefined
  onChange: (file: File | null) => void
}) {
  const { t } = useLocale()
  const [over, setOver] = useState(false)
  return (
    <Paper
      withBorder
      p="sm"
      role="group"
      aria-label={t('File to import')}
      bg={over ? 'var(--mantine-primary-color-light)' : undefined}
      onDragOver={(event) => {
        event.preventDefault()
        setOver(true)
      }}
      onDragLeave={() => setOver(false)}
      onDrop={(event) => {
        event.preventDefault()
        setOver(false)
        const dropped = event.dataTransfer.files[0]
        if (dropped && !disabled) onChange(dropped)
      }}
    >
      <FileInput
        label={t('File')}
        description={t(
          'CSV, Parquet or one JSON object a line, up to 4 GB. Choose a file or drop one here.',
        )}
        placeholder={t('Choose a file')}
        value={file}
        error={error}
        disabled={disabled}
        clearable={!disabled}
        clearButtonProps={{ 'aria-label': t('Clear') }}
        onChange={onChange}
      />
    </Paper>
  )
}

function UploadProgress({ sent, size }: { sent: number; size: number }) {
  const { t, region } = useLocale()
  return (
    <Stack gap={4}>
      <Progress value={(sent / size) * 100} aria-label={t('Uploading…')} />
      <Text size="sm">
        {t('Uploaded: {done} of {all}', {
          done: fileSize(sent, region),
          all: fileSize(size, region),
        })}
      </Text>
    </Stack>
  )
}

function fileFault({ size }: File, t: (text: string) => string): string | undefined {
  if (size === 0) return t('This is empty.')
  return size > MAX_FILE_SIZE
    ? t('The file is too large. Split it into files of up to 4 GB.')
    : undefined
}

interface UploadRequest {
  kind: ImportFileKind
  file: File
  defaults: Defaults
}

/** Makes an import and uploads its file. A repeat after a failed upload uses the same import. */
function useUpload(onUploaded: (id: string) => void) {
  const keep = useKeepImport()
  const [sent, setSent] = useState(0)
  const [made, setMade] = useState<ApiImport>()
  const leaving = useRef(new AbortController())
  useEffect(() => {
    const controller = new AbortController()
    leaving.current = controller
    return () => controller.abort()
  }, [])
  const sending = useMutation({
    mutationFn: async ({ kind, file, defaults }: UploadRequest) => {
      setSent(0)
      const request = {
        kind,
        file_name: file.name,
        bytes: file.size,
        defaults: statedDefaults(kind, defaults),
      }
      const answer = made ?? (await callApi(createImport({ body: request })))
      setMade(answer)
      await uploadFile(answer.upload, file, setSent, leaving.current.signal)
      return answer.import
    },
    onSuccess: (view) => {
      keep(view)
      onUploaded(view.id)
    },
  })
  return {
    sending,
    sent,
    made: made !== undefined,
    reset: () => {
      sending.reset()
      setMade(undefined)
    },
  }
}
