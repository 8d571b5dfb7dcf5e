// Checks how blocks are moved, and what a new block of each kind begins with.
import { expect, test } from 'vitest'
import { blockKind, blockKinds, moveBlock, newBlock } from './email-blocks'

test('a moved block changes places with its neighbour', () => {
  const blocks = ['a', 'b', 'c'].map((text) => ({ text: { text } }))
  const texts = (moved: typeof blocks) => moved.map((block) => block.text.text).join('')
  expect(texts(moveBlock(blocks, 0, 1))).toBe('bac')
  expect(texts(moveBlock(blocks, 2, -1))).toBe('acb')
  expect(texts(moveBlock(blocks, 0, -1))).toBe('abc')
  expect(texts(moveBlock(blocks, 2, 1))).toBe('abc')
  expect(texts(blocks)).toBe('abc')
})

test('a new block is of its kind, and each one is an object of its own', () => {
  for (const kind of blockKinds) {
    expect(blockKind(newBlock(kind))).toBe(kind)
    expect(newBlock(kind)).not.toBe(newBlock(kind))
  }
  expect(blockKind({ video: {} })).toBeUndefined()
  expect(blockKind('text')).toBeUndefined()
})
