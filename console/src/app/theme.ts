// Defines how the console looks: one accent colour, and shades that keep text readable in both
// schemes (WCAG AA).
import {
  createTheme,
  type CSSVariablesResolver,
  defaultVariantColorsResolver,
  type MantineColorsTuple,
} from '@mantine/core'

const pine: MantineColorsTuple = [
  '#e8f6f4',
  '#d2ebe7',
  '#a5d7d0',
  '#74c2b8',
  '#4db0a4',
  '#2f9d90',
  '#12877b',
  '#0b7067',
  '#0b5f58',
  '#074640',
]

/**
 * Returns the darkest shade of a colour. Yellow and orange have none that is dark enough on white.
 */
const darkestShade = (color: string) =>
  color === 'yellow' || color === 'orange' ? '#7a4300' : `var(--mantine-color-${color}-9)`

export const theme = createTheme({
  primaryColor: 'pine',
  primaryShade: 7,
  colors: { pine },
  autoContrast: true,
  luminanceThreshold: 0.3,
  defaultRadius: 'md',
  fontFamily:
    '-apple-system, "Segoe UI", Roboto, "Noto Sans", "Noto Sans Arabic", "DejaVu Sans", sans-serif',
  headings: { fontWeight: '650' },
  cursorType: 'pointer',
  // A badge whose text is cut off says nothing.
  components: { Badge: { defaultProps: { miw: 'max-content' } } },
  // The library's light badges have too little contrast: use darker text on light, lighter text on
  // dark.
  variantColorResolver: (input) => {
    const colors = defaultVariantColorsResolver(input)
    if (input.variant === 'outline' && input.color) {
      const line = `light-dark(${darkestShade(input.color)}, var(--mantine-color-${input.color}-3))`
      return { ...colors, color: line, border: `1px solid ${line}` }
    }
    if (input.variant !== 'light' || input.color === 'gray')
      return input.variant === 'light' ? { ...colors, color: 'var(--mantine-color-text)' } : colors
    const color = input.color ?? 'pine'
    return {
      ...colors,
      color: `light-dark(${darkestShade(color)}, var(--mantine-color-${color}-2))`,
    }
  },
})

export const cssVariables: CSSVariablesResolver = () => ({
  variables: {},
  light: {
    '--mantine-color-dimmed': '#566069',
    '--mantine-color-placeholder': '#66707a',
    '--mantine-color-error': '#b42318',
    '--console-canvas': '#f6f8f8',
    '--console-track': '#e3e9e8',
    '--console-frame': '#27313a',
    '--console-glass': '#eef2f2',
    '--console-line': '#d5dcdc',
    '--console-branch': '#9fcfc8',
    '--console-yes': '#0b5f58',
    '--console-bar-light': '#57a197',
    '--console-bar-dark': '#0b7067',
    '--console-bar-deep': '#0a3b36',
    '--console-bar-alarm': '#c2410c',
  },
  dark: {
    '--mantine-color-dimmed': '#adb5bd',
    '--mantine-color-placeholder': '#a0a8b0',
    '--mantine-color-error': '#ff9c93',
    '--console-canvas': '#191c1e',
    '--console-track': '#2e3436',
    '--console-frame': '#4a545c',
    '--console-glass': '#22272a',
    '--console-line': '#3d4448',
    '--console-branch': '#2f6d66',
    '--console-yes': '#74c2b8',
    '--console-bar-light': '#44786f',
    '--console-bar-dark': '#4db0a4',
    '--console-bar-deep': '#d2ebe7',
    '--console-bar-alarm': '#fb923c',
  },
})
