// Checks what is read of the API's complaints.
import { expect, test } from 'vitest'
import { bytesLimit } from './api-messages'

test('a limit in bytes is known, and nothing else is taken for one', () => {
  expect(
    [
      '1 to 200 bytes, no control characters',
      'at most 2000 bytes',
      'at most 102,400 bytes',
      '1 to 100 characters',
      'six hexadecimal digits after #',
    ].map(bytesLimit),
  ).toEqual([200, 2000, 102_400, undefined, undefined])
})
