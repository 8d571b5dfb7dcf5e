// Edits the blocks of an e-mail: add, remove, move and fill them, with mouse or keyboard. The focus
// stays on the block that is moved, and a screen reader hears where it went.
import { Button, Group, Paper, Stack, Text, VisuallyHidden } from '@mantine/core'
import { useState } from 'react'
import type { JsonValue } from '../../api/json-pointer'
import { textLimits } from '../../api/text-limits'
import { useLocale } from '../../locales/i18n'
import { useDraft } from './campaign-draft'
import { NumberField, TextField } from './draft-fields'
import { PictureAt } from './picture-at'
import {
  type BlockKind,
  blockKind,
  blockKinds,
  blockLabels,
  MAX_BLOCKS,
  moveBlock,
  newBlock,
} from './email-blocks'
import { removeWithUndo } from './remove-with-undo'

type Movement = 'up' | 'down'
const buttonId = (place: number, movement: Movement) => `email-block-${place}-${movement}`

/** Focuses a button of a moved block. At the end of the list the other one is the one that works. */
function focusMoved(place: number, movement: Movement) {
  requestAnimationFrame(() => {
    const other = movement === 'up' ? 'down' : 'up'
    for (const one of [movement, other] as const) {
      const button = document.getElementById(buttonId(place, one))
      if (button instanceof HTMLButtonElement && !button.disabled) return button.focus()
    }
  })
}

export function BlockEditor({ at }: { at: string }) {
  const { t, number } = useLocale()
  const draft = useDraft()
  const { get, set, errorAt, revision } = draft
  const [said, setSaid] = useState('')
  const present = get(at)
  const blocks: JsonValue[] = Array.isArray(present) ? present : []
  const name = (place: number) => {
    const kind = blockKind(blocks[place])
    return kind ? t(blockLabels[kind]) : t('Block')
  }
  const move = (place: number, movement: Movement) => {
    const by = movement === 'up' ? -1 : 1
    set(at, moveBlock(blocks, place, by))
    setSaid(t('{block} is now number {n}', { block: name(place), n: number(place + by + 1) }))
    focusMoved(place + by, movement)
  }
  const remove = (place: number) => removeWithUndo(draft, t, () => set(`${at}/${place}`, undefined))
  const problem = errorAt(at)
  return (
    <Stack gap="xs">
      <VisuallyHidden role="status">{said}</VisuallyHidden>
      <Stack component="ol" gap="xs" m={0} p={0} style={{ listStyle: 'none' }}>
        {blocks.map((block, place) => (
          <Paper
            // A block has no name of its own. After a removal all inputs start again.
            key={`${revision}-${place}-${blockKind(block)}`}
            component="li"
            withBorder
            p="sm"
          >
            <Stack gap="xs">
              <Group justify="space-between" gap="xs">
                <Text size="sm" fw={600}>
                  {number(place + 1)}. {name(place)}
                </Text>
                <Group gap={4}>
                  <Button
                    id={buttonId(place, 'up')}
                    size="compact-sm"
                    variant="default"
                    disabled={place === 0}
                    aria-label={t('Move {block} up', { block: `${name(place)} ${place + 1}` })}
                    onClick={() => move(place, 'up')}
                  >
                    ↑
                  </Button>
                  <Button
                    id={buttonId(place, 'down')}
                    size="compact-sm"
                    variant="default"
                    disabled={place === blocks.length - 1}
                    aria-label={t('Move {block} down', { block: `${name(place)} ${place + 1}` })}
                    onClick={() => move(place, 'down')}
                  >
                    ↓
                  </Button>
                  <Button
                    size="compact-sm"
                    variant="subtle"
                    aria-label={t('Remove {block}', { block: `${name(place)} ${place + 1}` })}
                    onClick={() => remove(place)}
                  >
                    {t('Remove')}
                  </Button>
                </Group>
              </Group>
              <BlockFields kind={blockKind(block)} at={`${at}/${place}`} />
              {errorAt(`${at}/${place}`) && (
                <Text size="sm" c="var(--mantine-color-error)">
                  {errorAt(`${at}/${place}`)}
                </Text>
              )}
            </Stack>
          </Paper>
        ))}
      </Stack>
      {problem && (
        <Text size="sm" c="var(--mantine-color-error)">
          {problem}
        </Text>
      )}
      <Group gap="xs" role="group" aria-label={t('Add a block')}>
        {blockKinds.map((kind) => (
          <Button
            key={kind}
            size="compact-sm"
            variant="light"
            disabled={blocks.length >= MAX_BLOCKS}
            onClick={() => {
              set(at, [...blocks, newBlock(kind)])
              setSaid(
                t('{block} is now number {n}', {
                  block: t(blockLabels[kind]),
                  n: number(blocks.length + 1),
                }),
              )
            }}
          >
            + {t(blockLabels[kind])}
          </Button>
        ))}
      </Group>
    </Stack>
  )
}

function BlockFields({ kind, at }: { kind: BlockKind | undefined; at: string }) {
  const { t } = useLocale()
  switch (kind) {
    case 'heading':
      return (
        <TextField
          at={`${at}/heading/text`}
          label={t('Heading text')}
          required
          limit={textLimits.heading}
        />
      )
    case 'text':
      return (
        <TextField
          at={`${at}/text/text`}
          label={t('Text')}
          long
          required
          limit={textLimits.blockText}
        />
      )
    case 'image':
      return (
        <>
          <PictureAt at={`${at}/image/url`} required />
          <TextField
            at={`${at}/image/alt`}
            label={t('Alternative text')}
            hint={t('Shown when the image is not. Many mail apps hide images at first.')}
            required
            limit={textLimits.imageDescription}
          />
          <NumberField
            at={`${at}/image/width`}
            label={t('Width in pixels')}
            hint={t('Leave blank for full width.')}
          />
          <LinkField at={`${at}/image/link`} hint={t('Leave blank for no link.')} />
        </>
      )
    case 'button':
      return (
        <>
          <TextField
            at={`${at}/button/text`}
            label={t('Button label')}
            required
            limit={textLimits.buttonText}
          />
          <LinkField at={`${at}/button/link`} hint={t('Leave blank for the voucher’s link.')} />
        </>
      )
    case 'voucher':
      return (
        <>
          <TextField
            at={`${at}/voucher/title`}
            label={t('Card title')}
            hint={t('Leave blank to show the offer.')}
            limit={textLimits.heading}
          />
          <TextField
            at={`${at}/voucher/text`}
            label={t('Card text')}
            long
            rows={2}
            limit={textLimits.blockText}
          />
          <TextField
            at={`${at}/voucher/button`}
            label={t('Button label')}
            hint={t('Leave blank for no button.')}
            limit={textLimits.buttonText}
          />
        </>
      )
    case 'divider':
    case undefined:
      return null
  }
}

function LinkField({ at, hint }: { at: string; hint: string }) {
  const { t } = useLocale()
  return <TextField at={at} label={t('Link')} hint={hint} limit={textLimits.link} />
}
