// Uploads a file to the address that the API has signed for it, and says how far it is.
import { ApiProblem } from '../../api/requests'
import type { ImportUpload } from '../../client'

/**
 * Sends a file with one PUT. Without an answer, or with one of the storage's refusals, it throws a
 * problem as a request to the API does.
 */
export const uploadFile = (
  { url, headers }: Pick<ImportUpload, 'url' | 'headers'>,
  file: Blob,
  onProgress: (sent: number) => void,
  signal: AbortSignal,
) =>
  new Promise<void>((done, fail) => {
    const request = new XMLHttpRequest()
    request.open('PUT', url)
    for (const [name, value] of Object.entries(headers)) request.setRequestHeader(name, value)
    request.upload.addEventListener('progress', ({ loaded }) => onProgress(loaded))
    request.addEventListener('load', () => {
      if (request.status >= 200 && request.status < 300) done()
      else fail(new ApiProblem(request.status, { code: 'upload_refused' }))
    })
    request.addEventListener('error', () => fail(new ApiProblem(0, { code: 'upload_failed' })))
    request.addEventListener('abort', () => fail(new ApiProblem(0, { code: 'upload_failed' })))
    signal.addEventListener('abort', () => request.abort(), { once: true })
    request.send(file)
  })
