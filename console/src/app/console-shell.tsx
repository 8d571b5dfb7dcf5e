// Draws the frame of every page: header with palette and notifications, main menu, language, colour scheme,
// and who is signed in.
import {
  ActionIcon,
  AppShell,
  Burger,
  Button,
  Group,
  NativeSelect,
  NavLink,
  Text,
  useComputedColorScheme,
  useMantineColorScheme,
} from '@mantine/core'
import { useDisclosure } from '@mantine/hooks'
import { Link, Outlet, useLocation } from '@tanstack/react-router'
import { lazy, Suspense, useEffect, useRef, useState } from 'react'
import { type Language, languages, useLocale } from '../locales/i18n'
import { menuSections } from './menu-pages'
import { useSession } from './session'

/** Tells whether a page is the one that a menu entry leads to, or lies below it. */
const isAt = (pathname: string, to: string) =>
  to === '/' ? pathname === '/' : pathname.startsWith(to)

const NoticeBell = lazy(() => import('../home/notice-bell'))
const CommandPalette = lazy(() => import('./command-palette'))

export function ConsoleShell() {
  const { t, language, setLanguage } = useLocale()
  const session = useSession()
  const [open, { toggle, close }] = useDisclosure(false)
  const { setColorScheme } = useMantineColorScheme()
  const scheme = useComputedColorScheme('light')
  const { pathname } = useLocation()
  useEffect(close, [pathname, close])
  const first = useRef(true)
  useEffect(() => {
    // Screen readers and the keyboard start at the page that was opened, not at the link that
    // opened it.
    if (!first.current) document.getElementById('content')?.focus({ preventScroll: true })
    first.current = false
  }, [pathname])
  const [searching, setSearching] = useState(false)
  useEffect(() => {
    // Each takes a modifier: a letter alone would act while someone dictates.
    const press = (event: KeyboardEvent) => {
      if (!event.ctrlKey && !event.metaKey) return
      if (event.key.toLowerCase() === 'k') {
        event.preventDefault()
        setSearching(true)
      } else if (event.key === '/') {
        const field = document.querySelector<HTMLInputElement>('main input[type=search]')
        if (!field) return
        event.preventDefault()
        field.focus()
      }
    }
    window.addEventListener('keydown', press)
    return () => window.removeEventListener('keydown', press)
  }, [])
  return (
    <AppShell
      header={{ height: 56 }}
      navbar={{ width: 232, breakpoint: 'sm', collapsed: { mobile: !open } }}
      padding="lg"
    >
      <a className="skip-link" href="#content">
        {t('Skip to the content')}
      </a>
      <AppShell.Header>
        <Group h="100%" px="md" justify="space-between" wrap="nowrap">
          <Group gap="sm" wrap="nowrap">
            <Burger
              opened={open}
              onClick={toggle}
              hiddenFrom="sm"
              size="sm"
              aria-label={open ? t('Close the menu') : t('Open the menu')}
            />
            <img src="/favicon.svg" alt="" width={28} height={28} />
            <Text fw={650} visibleFrom="xs">
              {t('Voucher campaigns')}
            </Text>
          </Group>
          <Group gap="xs" wrap="nowrap">
            <button
              type="button"
              className="header-button"
              onClick={() => setSearching(true)}
              aria-label={t('Search everywhere')}
              aria-keyshortcuts="Control+K Meta+K"
            >
              <svg viewBox="0 0 24 24" width="16" height="16" fill="currentColor" aria-hidden>
                <path d="M10 3a7 7 0 105 11.900l5 5 1.400-1.400-5-5A7 7 0 0010 3zm0 2a5 5 0 110 10 5 5 0 010-10z" />
              </svg>
              <span className="header-word" dir="ltr" aria-hidden>
                Ctrl K
              </span>
            </button>
            <Suspense fallback={<span className="header-slot" />}>
              <NoticeBell />
            </Suspense>
            <NativeSelect
              aria-label={t('Language')}
              size="xs"
              w={104}
              value={language}
              onChange={({ currentTarget }) => setLanguage(currentTarget.value as Language)}
              data={languages.map(({ code, name }) => ({ value: code, label: name }))}
            />
            <ActionIcon
              variant="default"
              size="md"
              onClick={() => setColorScheme(scheme === 'dark' ? 'light' : 'dark')}
              aria-label={scheme === 'dark' ? t('Light colours') : t('Dark colours')}
            >
              <svg viewBox="0 0 24 24" width="16" height="16" fill="currentColor" aria-hidden>
                <path
                  d={
                    scheme === 'dark'
                      ? 'M12 7a5 5 0 100 10 5 5 0 000-10zM11 1h2v3h-2zM11 20h2v3h-2zM1 11h3v2H1zM20 11h3v2h-3zM4 5.4L5.4 4l2.1 2.1-1.4 1.4zM16.500 17.900l1.400-1.400L20 18.600 18.600 20zM4 18.600l2.100-2.100 1.400 1.400L5.400 20zM16.500 6.100L18.600 4 20 5.400l-2.100 2.100z'
                      : 'M20.500 14.500A8.500 8.500 0 019.500 3.500a8.500 8.500 0 1011 11z'
                  }
                />
              </svg>
            </ActionIcon>
          </Group>
        </Group>
      </AppShell.Header>
      <AppShell.Navbar p="sm" aria-label={t('Main menu')}>
        <AppShell.Section grow style={{ overflowY: 'auto' }}>
          {menuSections.map(({ title, pages }) => (
            <div key={title}>
              <Text size="xs" fw={650} c="dimmed" mt="md" mb={4} px="sm">
                {t(title)}
              </Text>
              {pages.map(({ to, name }) => (
                <NavLink
                  key={to}
                  label={t(name)}
                  active={isAt(pathname, to)}
                  renderRoot={(props) => (
                    <Link to={to} activeOptions={{ exact: to === '/' }} {...props} />
                  )}
                  aria-current={isAt(pathname, to) ? 'page' : undefined}
                  style={{ borderRadius: 8 }}
                />
              ))}
            </div>
          ))}
        </AppShell.Section>
        <AppShell.Section pt="sm" px="sm" role="group" aria-label={t('Your account')}>
          <Group justify="space-between" gap="xs">
            <div>
              <Text size="sm" fw={600} className="wrap">
                {session.name}
              </Text>
              <Text size="xs" c="dimmed">
                {session.groups.length > 0
                  ? session.groups.join(', ')
                  : t('You are not in a group yet. Ask an administrator.')}
              </Text>
            </div>
            <Button
              variant="default"
              size="compact-sm"
              onClick={session.signOut}
              style={{ flexShrink: 0 }}
            >
              {t('Sign out')}
            </Button>
          </Group>
        </AppShell.Section>
      </AppShell.Navbar>
      <AppShell.Main id="content" tabIndex={-1} style={{ outline: 'none' }}>
        <div style={{ maxWidth: 1240, marginInline: 'auto' }}>
          <Outlet />
        </div>
      </AppShell.Main>
      {searching && (
        <Suspense fallback={null}>
          <CommandPalette onClose={() => setSearching(false)} />
        </Suspense>
      )}
    </AppShell>
  )
}
