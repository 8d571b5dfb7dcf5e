// Tells components who is signed in and what their groups allow.
import { createContext, useContext } from 'react'

export interface OperatorSession {
  name: string
  groups: string[]
  mayChange: boolean
  mayAdminister: boolean
  mayApprove: boolean
  /** May issue goodwill vouchers, extend vouchers and issue them again. */
  mayGiveGoodwill: boolean
  signOut: () => void
  currency: string
}
export const SessionContext = createContext<OperatorSession | null>(null)

export function useSession() {
  const session = useContext(SessionContext)
  if (!session) throw new Error('the session is used outside SessionProvider')
  return session
}
