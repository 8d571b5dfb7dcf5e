// Checks that texts are counted as the API counts them, and that the limits are those of its source.
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { countText, fitText, textLimits } from './text-limits'

const source = (file: string) =>
  readFileSync(join(import.meta.dirname, '../../../shared/domain/src', file), 'utf8')
/** Returns the value of a constant of the API, such as `100 * 1024` or `2_000`. */
function constant(file: string, name: string) {
  const [, text] = new RegExp(`const ${name}: usize = ([\\d_ *]+);`).exec(source(file)) ?? []
  return text
    ?.split('*')
    .map((factor) => Number(factor.replaceAll('_', '')))
    .reduce((product, factor) => product * factor, 1)
}

test('the limits are those of the API', () => {
  const messages = 'campaign/messages.rs'
  const blocks = 'campaign/messages/email_blocks.rs'
  const brand = 'campaign/brand.rs'
  const expected: [keyof typeof textLimits, string, string][] = [
    ['campaignName', 'campaign/definition.rs', 'MAX_NAME'],
    ['description', 'campaign/definition.rs', 'MAX_DESCRIPTION'],
    ['label', 'campaign/trigger.rs', 'MAX_NAME'],
    ['smsText', messages, 'MAX_SMS'],
    ['pushTitle', messages, 'MAX_PUSH_TITLE'],
    ['pushBody', messages, 'MAX_PUSH_BODY'],
    ['subject', messages, 'MAX_SUBJECT'],
    ['preheader', messages, 'MAX_PREHEADER'],
    ['html', messages, 'MAX_HTML'],
    ['plainText', messages, 'MAX_EMAIL_TEXT'],
    ['heading', blocks, 'MAX_HEADING'],
    ['blockText', blocks, 'MAX_BLOCK_TEXT'],
    ['imageDescription', blocks, 'MAX_ALT'],
    ['buttonText', blocks, 'MAX_BUTTON'],
    ['link', blocks, 'MAX_LINK'],
    ['senderName', brand, 'MAX_SENDER_NAME'],
    ['postalAddress', brand, 'MAX_POSTAL_ADDRESS'],
    ['support', brand, 'MAX_SUPPORT'],
    ['link', brand, 'MAX_LOGO_URL'],
    ['testLabel', 'delivery/test_send.rs', 'MAX_LABEL'],
    ['reason', 'kernel/validation.rs', 'MAX_REASON_BYTES'],
    ['note', 'customer/address_state.rs', 'MAX_NOTE_BYTES'],
  ]
  expect(expected.map(([name, file, rule]) => [name, rule, constant(file, rule)])).toEqual(
    expected.map(([name, , rule]) => [name, rule, textLimits[name].most]),
  )
})

test('bytes are counted where the API counts bytes', () => {
  expect(countText('Ж'.repeat(120), textLimits.campaignName)).toEqual({
    used: 240,
    most: 200,
    over: true,
    weighted: true,
  })
  expect(countText('n'.repeat(200), textLimits.campaignName)).toMatchObject({
    used: 200,
    over: false,
    weighted: false,
  })
})

test('characters are counted as code points, so that an emoji is one', () => {
  expect(countText('🎁'.repeat(100), textLimits.pushTitle)).toMatchObject({
    used: 100,
    over: false,
  })
  expect(countText('ع'.repeat(101), textLimits.pushTitle)).toMatchObject({ used: 101, over: true })
})

test('the name of a copy is shortened by whole letters until it fits', () => {
  const copy = (name: string) => fitText(name, textLimits.campaignName, (one) => `${one} (copy)`)
  expect(copy('Spring')).toBe('Spring (copy)')
  expect(copy('n'.repeat(200))).toBe(`${'n'.repeat(193)} (copy)`)
  expect(copy('🎁'.repeat(80))).toBe(`${'🎁'.repeat(48)} (copy)`)
})
