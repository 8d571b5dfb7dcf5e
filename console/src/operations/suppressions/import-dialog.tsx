// Imports a list of suppressions from a file: part by part, as large as the API takes, with one sum
// of what became of the lines, and each refused line with its number in the file.
import { Button, Code, FileInput, Group, Progress, Stack, Table, Text } from '@mantine/core'
import { useMutation } from '@tanstack/react-query'
import { useEffect, useRef, useState } from 'react'
import { useFieldMessage } from '../../api/api-messages'
import { callApi } from '../../api/requests'
import { importSuppressions, type RefusedLine, type SuppressionImport } from '../../client'
import { ModalDialog } from '../../components/modal-dialog'
import { ProblemAlert } from '../../components/problem-alert'
import { ScrollTable } from '../../components/scroll-table'
import { type LocaleFormatter, useLocale } from '../../locales/i18n'
import { useInvalidateSuppressions } from './address-queries'
import {
  addAnswer,
  type ImportPart,
  nothingImported,
  OpenQuote,
  splitFile,
} from './suppressions-csv'

/** Refused lines that are shown at once. */
const REFUSALS_SHOWN = 50

export function ImportButton() {
  const { t } = useLocale()
  const [open, setOpen] = useState(false)
  return (
    <>
      <Button variant="default" onClick={() => setOpen(true)}>
        {t('Import CSV')}
      </Button>
      {open && <ImportDialog close={() => setOpen(false)} />}
    </>
  )
}

/** How far an import has come: the parts that were sent, and what became of their lines. */
interface ImportProgress {
  sent: number
  sum: SuppressionImport
}
const notBegun: ImportProgress = { sent: 0, sum: nothingImported }

function ImportDialog({ close }: { close: () => void }) {
  const locale = useLocale()
  const { t } = locale
  const [file, setFile] = useState<File | null>(null)
  const [parts, setParts] = useState<ImportPart[]>()
  const [fileError, setFileError] = useState<string>()
  const { progress, sending, send, stop, reset } = useImport(parts ?? [])
  const choose = async (chosen: File | null) => {
    setFile(chosen)
    setParts(undefined)
    setFileError(undefined)
    reset()
    if (!chosen) return
    try {
      const found = splitFile(await readText(chosen))
      if (found.length > 0) setParts(found)
      else setFileError(t('This is empty.'))
    } catch (error) {
      setFileError(fileProblem(error, locale))
    }
  }
  const isDone = parts !== undefined && progress.sent === parts.length
  const begun = progress.sent > 0
  return (
    <ModalDialog
      size="lg"
      title={t('Import CSV')}
      closeOnClickOutside={false}
      closeOnEscape={!sending.isPending}
      withCloseButton={!sending.isPending}
      onClose={close}
    >
      <Stack>
        {!begun && <FileHelp />}
        <FileInput
          label={t('File')}
          accept=".csv,text/csv"
          placeholder={t('Choose a file')}
          value={file}
          error={fileError}
          clearable={!sending.isPending}
          clearButtonProps={{ 'aria-label': t('Clear') }}
          disabled={sending.isPending}
          onChange={(chosen) => void choose(chosen)}
        />
        {parts && <ImportStatus parts={parts} progress={progress} busy={sending.isPending} />}
        {sending.error && (
          <>
            <ProblemAlert error={sending.error} />
            {begun && (
              <Text>
                {t('The parts before it are imported. “Try again” continues after them.')}
              </Text>
            )}
          </>
        )}
        <Group justify="flex-end">
          {sending.isPending ? (
            <Button variant="default" onClick={stop}>
              {t('Stop after this part')}
            </Button>
          ) : (
            <Button variant="default" onClick={close}>
              {begun ? t('Close') : t('Back')}
            </Button>
          )}
          {!isDone && (
            <Button loading={sending.isPending} disabled={!parts} onClick={send}>
              {sending.error ? t('Try again') : begun ? t('Continue') : t('Import')}
            </Button>
          )}
        </Group>
        {begun && <RefusedLines refusals={progress.sum.refusals} />}
      </Stack>
    </ModalDialog>
  )
}

/** Sends parts one after the other. After an error or a stop it goes on where it was. */
function useImport(parts: ImportPart[]) {
  const [progress, setProgress] = useState(notBegun)
  const invalidate = useInvalidateSuppressions()
  const stopped = useRef(false)
  useEffect(
    () => () => {
      stopped.current = true
    },
    [],
  )
  const sending = useMutation({
    mutationFn: async () => {
      stopped.current = false
      let { sent, sum } = progress
      for (const part of parts.slice(sent)) {
        if (stopped.current) return
        const answer = await callApi(importSuppressions({ body: part.csv }))
        sum = addAnswer(sum, part, answer)
        sent += 1
        setProgress({ sent, sum })
      }
    },
    onSettled: () => void invalidate(),
  })
  return {
    progress,
    sending,
    send: () => sending.mutate(),
    stop: () => {
      stopped.current = true
    },
    reset: () => {
      sending.reset()
      setProgress(notBegun)
    },
  }
}

/** Reads a file in UTF-8, with or without the mark that some programs put in front. */
async function readText(file: File) {
  return new TextDecoder('utf-8', { fatal: true }).decode(await file.arrayBuffer())
}

function fileProblem(error: unknown, { t, number }: LocaleFormatter) {
  return error instanceof OpenQuote
    ? t('The quote on line {n} is never closed.', { n: number(error.line) })
    : t('The file is not in UTF-8: save it as “CSV UTF-8”.')
}

function FileHelp() {
  const { t } = useLocale()
  const code = (name: string) => <Code dir="ltr">{name}</Code>
  return (
    <>
      <Text>
        {t('The first line names the columns. One of them is the address:')} {code('address')}{' '}
        {t('(e-mail, phone or push endpoint), or')} {code('key')} {t('with')} {code('channel')}.{' '}
        {t('Optional columns:')} {code('reason')} {code('at')} {code('source')} {code('note')}
      </Text>
      <Text size="sm">
        {t(
          'You can import a file that was exported here. Lines that can’t be read are listed and don’t stop the others. You can import the same file again: known addresses don’t change.',
        )}
      </Text>
    </>
  )
}

function ImportStatus({
  parts,
  progress: { sent, sum },
  busy,
}: {
  parts: ImportPart[]
  progress: ImportProgress
  busy: boolean
}) {
  const { t, number } = useLocale()
  const count = (some: ImportPart[]) => some.reduce((lines, part) => lines + part.lines, 0)
  const [done, all] = [count(parts.slice(0, sent)), count(parts)]
  return (
    <Stack gap="xs">
      {(busy || sent > 0) && (
        <Progress
          value={(sent / parts.length) * 100}
          aria-label={t('Import CSV')}
          animated={busy}
        />
      )}
      <Text role="status" fw={600}>
        {busy || sent > 0
          ? t('Lines done: {n} of {all}', { n: number(done), all: number(all) })
          : t('Lines: {n}', { n: number(all) })}
      </Text>
      {sent > 0 && (
        <Text>
          {t('Suppressed: {taken}. Known already: {unchanged}. Refused: {refused}.', {
            taken: number(sum.taken),
            unchanged: number(sum.unchanged),
            refused: number(sum.refused),
          })}
        </Text>
      )}
    </Stack>
  )
}

function RefusedLines({ refusals }: { refusals: RefusedLine[] }) {
  const { t, number, language } = useLocale()
  const fieldMessage = useFieldMessage()
  const [shown, setShown] = useState(REFUSALS_SHOWN)
  if (refusals.length === 0) return null
  return (
    <>
      <ScrollTable label={t('Refused lines')} miw={420}>
        <Table.Thead>
          <Table.Tr>
            <Table.Th className="number">{t('Line')}</Table.Th>
            <Table.Th>{t('Column')}</Table.Th>
            <Table.Th>{t('Why')}</Table.Th>
          </Table.Tr>
        </Table.Thead>
        <Table.Tbody>
          {refusals.slice(0, shown).map((one) => (
            <Table.Tr key={one.line}>
              <Table.Td className="number">{number(one.line)}</Table.Td>
              <Table.Td>
                <code dir="ltr">{one.column}</code>
              </Table.Td>
              <Table.Td className="wrap">
                {fieldMessage(one)}
                {language !== 'en' && (
                  <Text size="xs" c="dimmed">
                    <bdi lang="en">{one.detail}</bdi>
                  </Text>
                )}
              </Table.Td>
            </Table.Tr>
          ))}
        </Table.Tbody>
      </ScrollTable>
      {refusals.length > shown && (
        <Group>
          <Button variant="default" onClick={() => setShown(shown + REFUSALS_SHOWN)}>
            {t('Show more')}
          </Button>
          <Text size="sm">
            {t('{n} of {cap}', { n: number(shown), cap: number(refusals.length) })}
          </Text>
        </Group>
      )}
    </>
  )
}
