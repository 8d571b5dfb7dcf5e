// Checks which texts of a message are listed.
import { expect, test } from 'vitest'
import { messageTexts } from './message-texts'

test('each channel gives its texts, the title first', () => {
  const messages = {
    sms: { text: 'Hi' },
    push: { title: 'Now', body: 'Soon over' },
    email: {
      subject: 'For you',
      preheader: 'Until Friday',
      blocks: [
        { heading: { text: 'Hello' } },
        { divider: {} },
        { image: { url: 'https://cdn.example.com/a.png', alt: 'A basket' } },
        { voucher: { title: 'Five off', button: 'See it' } },
        { text: { text: 'Bye' } },
      ],
    },
  }
  expect(messageTexts(messages, 'sms')).toEqual(['Hi'])
  expect(messageTexts(messages, 'push')).toEqual(['Now', 'Soon over'])
  expect(messageTexts(messages, 'email')).toEqual([
    'For you',
    'Until Friday',
    'Hello',
    'A basket',
    'Five off',
    'See it',
    'Bye',
  ])
})
test('of an e-mail in HTML the plain text is shown, and of no message nothing', () => {
  expect(
    messageTexts({ email: { subject: 'S', html: '<p>H</p>', text: 'Plain' } }, 'email'),
  ).toEqual(['S', 'Plain'])
  expect((['sms', 'push', 'email'] as const).flatMap((one) => messageTexts({}, one))).toEqual([])
})
