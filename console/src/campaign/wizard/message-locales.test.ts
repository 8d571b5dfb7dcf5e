// Checks which languages are known to be untranslated.
import { expect, test } from 'vitest'
import { isCopyOfDefault } from './message-locales'

const messages = {
  default_locale: 'en',
  locales: {
    en: { sms: { text: 'Hi' } },
    es: { sms: { text: 'Hi' } },
    de: { sms: { text: 'Hallo' } },
    'en-GB': { sms: { text: 'Hi' } },
  },
}

test('a copy in another language is not translated yet', () =>
  expect(['en', 'es', 'de', 'en-GB', 'fr'].map((one) => isCopyOfDefault(messages, one))).toEqual([
    false,
    true,
    false,
    false,
    false,
  ]))
