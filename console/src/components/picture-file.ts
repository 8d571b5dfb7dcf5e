// Says what is wrong with a file before it is uploaded, and which of dropped or pasted things is the
// picture. The API checks the file itself; see shared/pictures.
import { ApiProblem } from '../api/requests'
import { msg } from '../locales/i18n'

/** The largest file that the API takes, in bytes. */
export const MAX_PICTURE_BYTES = 2 * 1024 * 1024

/** The types of files that the API takes. */
export const PICTURE_TYPES = ['image/png', 'image/jpeg', 'image/gif', 'image/webp']

/** What the operator reads, by the code of a refusal. */
const refusals: Record<string, string> = {
  svg_not_allowed: msg('SVG images are not shown by many mail apps. Save the image as PNG.'),
  picture_format_unknown: msg('Choose a PNG, JPEG, GIF or WebP image.'),
  unsupported_media_type: msg('Choose a PNG, JPEG, GIF or WebP image.'),
  picture_incomplete: msg('The file is damaged or incomplete. Save the image again.'),
  picture_missing: msg('The file is damaged or incomplete. Save the image again.'),
  picture_too_many_pixels: msg(
    'The image has too many pixels. Reduce it to 16 million pixels, and 8,192 on its longest side.',
  ),
  payload_too_large: msg('The file is too large. The maximum is 2 MB.'),
}

/** Returns the operator's text for a refused upload, if it is about the file. */
export const pictureRefusal = (error: unknown): string | undefined =>
  error instanceof ApiProblem ? refusals[error.code] : undefined

/** Returns the code of the refusal that a file would meet, without sending it. */
export function fileFault({ type, size }: Pick<File, 'type' | 'size'>): string | undefined {
  if (type === 'image/svg+xml') return 'svg_not_allowed'
  // A file without a known ending has no type: its bytes decide.
  if (type !== '' && !PICTURE_TYPES.includes(type)) return 'picture_format_unknown'
  if (size > MAX_PICTURE_BYTES) return 'payload_too_large'
  return size === 0 ? 'picture_missing' : undefined
}

/** Returns the type under which a file is sent. */
export const uploadType = ({ type }: Pick<File, 'type'>) => type || 'application/octet-stream'

/** Returns the one file among what was dropped or pasted; text has none. */
export const droppedFile = (data: Pick<DataTransfer, 'files'> | null): File | undefined =>
  data?.files[0]
