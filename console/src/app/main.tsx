// Starts the console: reads the stack's configuration, then wraps theme, language, session, data
// and pages around each other.
import './component-styles'
import '@mantine/notifications/styles.css'
import './style.css'
import { MantineProvider, mergeThemeOverrides } from '@mantine/core'
import { Notifications } from '@mantine/notifications'
import { QueryClient, QueryClientProvider } from '@tanstack/react-query'
import { RouterProvider } from '@tanstack/react-router'
import { StrictMode } from 'react'
import { createRoot } from 'react-dom/client'
import { ApiProblem } from '../api/requests'
import { ProblemAlert } from '../components/problem-alert'
import { LanguageProvider, useLocale } from '../locales/i18n'
import { loadConfig } from './config'
import { router } from './router'
import { SessionProvider } from './sign-in'
import { cssVariables, theme } from './theme'

const MAX_RETRIES = 2
const queryClient = new QueryClient({
  defaultOptions: {
    queries: {
      staleTime: 5_000,
      // Only failures that may pass by themselves are retried.
      retry: (tries, error) =>
        tries < MAX_RETRIES &&
        error instanceof ApiProblem &&
        (error.status === 0 || error.status >= 500),
    },
  },
})

/** The theme with the names that the library's own buttons have in the operator's language. */
function ThemeProvider({ children }: { children: React.ReactNode }) {
  const { t } = useLocale()
  const named = mergeThemeOverrides(theme, {
    components: {
      Notification: { defaultProps: { closeButtonProps: { 'aria-label': t('Close') } } },
    },
  })
  return (
    <MantineProvider theme={named} cssVariablesResolver={cssVariables} defaultColorScheme="auto">
      {children}
    </MantineProvider>
  )
}

const reactRoot = createRoot(document.getElementById('root')!)
const withProviders = (inside: React.ReactNode) => (
  <StrictMode>
    <LanguageProvider>
      <ThemeProvider>{inside}</ThemeProvider>
    </LanguageProvider>
  </StrictMode>
)
loadConfig().then(
  (config) =>
    reactRoot.render(
      withProviders(
        <>
          <Notifications position="bottom-center" autoClose={3500} />
          <SessionProvider config={config}>
            <QueryClientProvider client={queryClient}>
              <RouterProvider router={router} />
            </QueryClientProvider>
          </SessionProvider>
        </>,
      ),
    ),
  (error: unknown) =>
    reactRoot.render(
      withProviders(<ProblemAlert error={error} retry={() => window.location.reload()} />),
    ),
)
