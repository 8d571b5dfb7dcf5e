// Where the console begins: the stack's configuration, then theme, language, session, data and pages around each other.
import '@mantine/core/styles.css'
import '@mantine/notifications/styles.css'
import './app/style.css'
import { MantineProvider } from '@mantine/core'
import { Notifications } from '@mantine/notifications'
import { QueryClient, QueryClientProvider } from '@tanstack/react-query'
import { RouterProvider } from '@tanstack/react-router'
import { StrictMode } from 'react'
import { createRoot } from 'react-dom/client'
import { ApiProblem } from './app/api'
import { loadConfig } from './app/config'
import { LanguageProvider } from './app/i18n'
import { ProblemNote } from './app/parts'
import { router } from './app/router'
import { SessionProvider } from './app/session'
import { cssVariables, theme } from './app/theme'

const SEVERAL_TRIES = 2
const data = new QueryClient({
  defaultOptions: {
    queries: {
      staleTime: 5_000,
      // only what may pass by itself is asked again
      retry: (tries, error) => tries < SEVERAL_TRIES && error instanceof ApiProblem && (error.status === 0 || error.status >= 500),
    },
  },
})

const root = createRoot(document.getElementById('root')!)
const around = (inside: React.ReactNode) => (
  <StrictMode>
    <LanguageProvider>
      <MantineProvider theme={theme} cssVariablesResolver={cssVariables} defaultColorScheme="auto">
        {inside}
      </MantineProvider>
    </LanguageProvider>
  </StrictMode>
)
loadConfig().then(
  (config) => root.render(around(
    <>
      <Notifications position="top-center" autoClose={3500} />
      <SessionProvider config={config}>
        <QueryClientProvider client={data}><RouterProvider router={router} /></QueryClientProvider>
      </SessionProvider>
    </>,
  )),
  (error: unknown) => root.render(around(<ProblemNote error={error} retry={() => window.location.reload()} />)),
)
