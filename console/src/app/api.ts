// The one way to the API: the generated client, with the session's token, answers as values and problems (RFC 9457) as one kind of error.
import { client } from '../client/client.gen'
import type { FieldProblem, Problem } from '../client'

export class ApiProblem extends Error {
  readonly status: number
  readonly code: string
  readonly fields: FieldProblem[]
  readonly requestId?: string

  constructor(status: number, problem: Partial<Problem>) {
    super(problem.detail ?? problem.title ?? '')
    this.status = status
    this.code = problem.code ?? (status === 0 ? 'offline' : status === 401 ? 'signed_out' : 'unknown')
    this.fields = problem.errors ?? []
    this.requestId = problem.request_id
  }
}

interface Answer<T> { data?: T; error?: unknown; response?: Response }

/** The value of an answer; its problem is thrown. A request that got no answer is status 0. */
export async function call<T>(request: Promise<Answer<T>>): Promise<T> {
  const { data, etag: _ } = await callWithEtag(request)
  return data
}

export async function callWithEtag<T>(request: Promise<Answer<T>>): Promise<{ data: T; etag: string }> {
  let answer: Answer<T>
  try {
    answer = await request
  } catch {
    throw new ApiProblem(0, {})
  }
  const { response } = answer
  if (!response) throw new ApiProblem(0, {})
  if (!response.ok) {
    if (response.status === 401) signedOut?.()
    throw new ApiProblem(response.status, typeof answer.error === 'object' && answer.error ? (answer.error as Partial<Problem>) : {})
  }
  return { data: answer.data as T, etag: response.headers.get('etag') ?? '' }
}

let signedOut: (() => void) | undefined

/** Set once by the session: where tokens come from, and what to do when one no longer counts. */
export function connect(api: string, token: () => string | undefined, onSignedOut: () => void) {
  client.setConfig({ baseUrl: api, auth: token })
  signedOut = onSignedOut
}

/** A key for a request that creates: the same for its repeats. */
export const idempotencyKey = () => crypto.randomUUID()

/** A report or list as a file, with the session's token. */
export async function download(path: string, name: string) {
  const token = await client.getConfig().auth
  const bearer = typeof token === 'function' ? await token({ type: 'http', scheme: 'bearer' }) : token
  const answer = await fetch(`${client.getConfig().baseUrl}${path}`, { headers: { authorization: `Bearer ${bearer}`, accept: 'text/csv' } })
  if (!answer.ok) throw new ApiProblem(answer.status, (await answer.json().catch(() => ({}))) as Partial<Problem>)
  const address = URL.createObjectURL(await answer.blob())
  const link = Object.assign(document.createElement('a'), { href: address, download: name })
  link.click()
  URL.revokeObjectURL(address)
}
