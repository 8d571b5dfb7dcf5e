// What a stack tells its console at run time, so that one build serves all of them.
export interface Config {
  api: string
  oidc: {
    authority: string
    client_id: string
    sign_out?: string
    metadata?: Record<string, string>
  }
  currency: string
}

export async function loadConfig(): Promise<Config> {
  const answer = await fetch('/config.json', { cache: 'no-store' })
  if (!answer.ok) throw new Error(`config.json: ${answer.status}`)
  return (await answer.json()) as Config
}
