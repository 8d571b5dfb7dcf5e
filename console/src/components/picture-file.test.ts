// Checks which files are refused before they are uploaded, and what is said of a refusal.
import { expect, test } from 'vitest'
import { ApiProblem } from '../api/requests'
import {
  fileFault,
  MAX_PICTURE_BYTES,
  PICTURE_TYPES,
  pictureRefusal,
  uploadType,
} from './picture-file'

test('a picture of a known type is sent as it is', () => {
  for (const type of PICTURE_TYPES) {
    expect(fileFault({ type, size: MAX_PICTURE_BYTES })).toBeUndefined()
    expect(uploadType({ type })).toBe(type)
  }
})
test('a file without a type is sent as bytes, which decide', () => {
  expect(fileFault({ type: '', size: 10 })).toBeUndefined()
  expect(uploadType({ type: '' })).toBe('application/octet-stream')
})
test('what the API would refuse is refused at once, with the same codes', () => {
  const fault = (type: string, size = 10) => fileFault({ type, size })
  expect(fault('image/svg+xml')).toBe('svg_not_allowed')
  expect(fault('application/pdf')).toBe('picture_format_unknown')
  expect(fault('image/heic')).toBe('picture_format_unknown')
  expect(fault('image/png', MAX_PICTURE_BYTES + 1)).toBe('payload_too_large')
  expect(fault('image/png', 0)).toBe('picture_missing')
})
test('each refusal that is about the file has its words, and others have none here', () => {
  const said = (code: string) => pictureRefusal(new ApiProblem(422, { code }))
  for (const code of [
    'svg_not_allowed',
    'picture_format_unknown',
    'unsupported_media_type',
    'picture_incomplete',
    'picture_missing',
    'picture_too_many_pixels',
    'payload_too_large',
  ])
    expect(said(code), code).toMatch(/\.$/)
  expect(said('unavailable')).toBeUndefined()
  expect(pictureRefusal(new Error('x'))).toBeUndefined()
})
