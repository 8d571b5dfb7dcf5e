// Sends every request to the API: through the generated client, with the session's token. Answers
// come back as values, problems (RFC 9457) as one kind of error.
import type { FieldProblem, Problem } from '../client'
import { client } from '../client/client.gen'

export class ApiProblem extends Error {
  readonly status: number
  readonly code: string
  readonly fields: FieldProblem[]
  readonly requestId?: string

  constructor(status: number, problem: Partial<Problem>) {
    super(problem.detail ?? problem.title ?? '')
    this.status = status
    this.code =
      problem.code ?? (status === 0 ? 'offline' : status === 401 ? 'signed_out' : 'unknown')
    this.fields = problem.errors ?? []
    this.requestId = problem.request_id
  }
}

interface ApiResponse<T> {
  data?: T
  error?: unknown
  response?: Response
}

/**
 * Returns the value of an answer, or throws its problem. A request without an answer has status 0.
 */
export async function callApi<T>(request: Promise<ApiResponse<T>>): Promise<T> {
  const { data, etag: _ } = await callApiWithEtag(request)
  return data
}

export async function callApiWithEtag<T>(
  request: Promise<ApiResponse<T>>,
): Promise<{ data: T; etag: string }> {
  let answer: ApiResponse<T>
  try {
    answer = await request
  } catch {
    throw new ApiProblem(0, {})
  }
  const { response } = answer
  if (!response) throw new ApiProblem(0, {})
  if (!response.ok) {
    if (response.status === 401) onUnauthorized?.()
    throw new ApiProblem(
      response.status,
      typeof answer.error === 'object' && answer.error ? (answer.error as Partial<Problem>) : {},
    )
  }
  return { data: answer.data as T, etag: response.headers.get('etag') ?? '' }
}

/**
 * Returns the value of an answer, or `undefined` without one. For what is read in the background: an
 * ended session is told by what the operator does next, and not over what they are typing.
 */
export async function readQuietly<T>(request: Promise<ApiResponse<T>>): Promise<T | undefined> {
  try {
    const { data, response } = await request
    return response?.ok ? data : undefined
  } catch {
    return undefined
  }
}

let onUnauthorized: (() => void) | undefined

/**
 * Connects the client to the session, once: where tokens come from, and what to do when one
 * expires.
 */
export function connectApi(api: string, token: () => string | undefined, onSignedOut: () => void) {
  client.setConfig({ baseUrl: api, auth: token })
  onUnauthorized = onSignedOut
}

/** Makes the key of a request that creates something. Its repeats use the same key. */
export const newIdempotencyKey = () => crypto.randomUUID()

/** Downloads a report or list as a CSV file, with the session's token. */
export async function downloadCsv(path: string, name: string) {
  const token = await client.getConfig().auth
  const bearer =
    typeof token === 'function' ? await token({ type: 'http', scheme: 'bearer' }) : token
  const answer = await fetch(`${client.getConfig().baseUrl}${path}`, {
    headers: { authorization: `Bearer ${bearer}`, accept: 'text/csv' },
  })
  if (!answer.ok)
    throw new ApiProblem(answer.status, (await answer.json().catch(() => ({}))) as Partial<Problem>)
  saveFile(name, await answer.blob())
}

/** Gives a file to the browser to save. */
export function saveFile(name: string, content: Blob) {
  const address = URL.createObjectURL(content)
  Object.assign(document.createElement('a'), { href: address, download: name }).click()
  URL.revokeObjectURL(address)
}
