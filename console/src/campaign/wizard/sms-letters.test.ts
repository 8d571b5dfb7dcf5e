// Checks which letters of an SMS are replaced, and that text which no replacement helps is left alone.
import { expect, test } from 'vitest'
import { plainSms } from './sms-letters'

test('a text in the standard alphabet stays as it is', () => {
  const text = 'Mañana: 20 % off, è é ü ß € {{ offer }} [x]'
  expect(plainSms(text)).toEqual({ text, replaced: [], isStandard: true })
})
test('signs of word processors become plain ones, each named once', () => {
  expect(plainSms('“Hello” – it’s “you”…')).toEqual({
    text: '"Hello" - it\'s "you"...',
    replaced: ['“', '”', '–', '’', '…'],
    isStandard: true,
  })
})
test('accents that the alphabet lacks are dropped, those that it has stay', () => {
  expect(plainSms('válido, ñ, Ã, í').text).toBe('valido, ñ, A, i')
  expect(plainSms('va\u0301lido').text).toBe('valido')
})
test('other scripts and pictures cannot be written so', () => {
  expect(plainSms('عرض')).toEqual({ text: 'عرض', replaced: [], isStandard: false })
  expect(plainSms('“Hi” 🎁')).toMatchObject({ text: '"Hi" 🎁', isStandard: false })
})
