// Names the kinds of an e-mail's blocks, makes new ones and moves them.
import type { JsonValue } from '../../api/json-pointer'
import { msg } from '../../locales/i18n'

export const blockKinds = ['heading', 'text', 'image', 'button', 'voucher', 'divider'] as const
export type BlockKind = (typeof blockKinds)[number]

export const blockLabels: Record<BlockKind, string> = {
  heading: msg('Heading'),
  text: msg('Paragraph'),
  image: msg('Image'),
  button: msg('Button'),
  voucher: msg('Voucher card'),
  divider: msg('Divider'),
}

/** The most blocks that the API takes. */
export const MAX_BLOCKS = 30

const firstContent: Record<BlockKind, { [field: string]: JsonValue }> = {
  heading: { text: '{{ offer }}' },
  text: { text: '' },
  image: { url: 'https://', alt: '' },
  button: { text: 'See your voucher' },
  voucher: { text: '{{ full_offer }}', button: 'See your voucher' },
  divider: {},
}

export const newBlock = (kind: BlockKind): JsonValue => ({ [kind]: { ...firstContent[kind] } })

/** Returns the kind of a block, or nothing for one that this console does not know. */
export function blockKind(block: JsonValue | undefined): BlockKind | undefined {
  if (typeof block !== 'object' || block === null) return undefined
  return blockKinds.find((kind) => kind in block)
}

/** Returns the blocks with one of them a place up (-1) or down (1), if there is such a place. */
export function moveBlock<Block>(blocks: Block[], place: number, by: -1 | 1): Block[] {
  const moved = [...blocks]
  const target = place + by
  if (target < 0 || target >= blocks.length) return moved
  moved.splice(target, 0, ...moved.splice(place, 1))
  return moved
}
