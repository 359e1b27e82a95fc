import { Button, type CSSVariablesResolver, createTheme, type MantineColorsTuple, Modal, Tooltip } from '@mantine/core';

const sea: MantineColorsTuple = ['#e6f7f9', '#cfeaee', '#a3d5dc', '#72bec9', '#4aabb9', '#309fae', '#1e8c9c', '#117786', '#0b6472', '#05515e'];

/** Mantine's own dark greys are neutral; these lean to the sea like everything else here. */
const dark: MantineColorsTuple = ['#d3dbe0', '#b3bdc3', '#98a2a9', '#66727a', '#3b464d', '#2a3339', '#20282d', '#171c20', '#12171a', '#0d1114'];

export const theme = createTheme({
  primaryColor: 'sea',
  primaryShade: { light: 8, dark: 7 },
  colors: { sea, dark },
  fontFamily: 'Inter, "Segoe UI", -apple-system, BlinkMacSystemFont, Roboto, "Helvetica Neue", "Liberation Sans", system-ui, sans-serif',
  fontSizes: { xs: '0.75rem', sm: '0.8438rem', md: '0.9375rem', lg: '1.0625rem', xl: '1.25rem' },
  defaultRadius: 'md',
  cursorType: 'pointer',
  focusRing: 'auto',
  components: {
    Button: Button.extend({ defaultProps: { size: 'xs' } }),
    Tooltip: Tooltip.extend({ defaultProps: { openDelay: 350, withArrow: true, events: { hover: true, focus: true, touch: false } } }),
    Modal: Modal.extend({ defaultProps: { centered: false, yOffset: '12vh', overlayProps: { backgroundOpacity: 0.35 }, transitionProps: { duration: 0 } } }),
  },
});

/** Mantine's dimmed greys miss WCAG's 4.5:1; these reach it on every background used here. */
export const variables: CSSVariablesResolver = () => ({
  variables: {},
  light: {
    '--mantine-color-dimmed': '#566068',
    '--mantine-color-placeholder': '#5f6971',
    '--mantine-color-body': '#ffffff',
    '--mantine-color-error': '#c92a2a',
    '--c-app': '#f4f6f7', '--c-pane': '#ffffff', '--c-line': '#dfe4e7', '--c-hover': '#eef3f4', '--c-selected': '#dcf0f3', '--c-strong': '#10181d',
    '--c-ours': '#e3f3f5', '--c-theirs': '#f0f2f4', '--c-note': '#fff6d9', '--c-note-line': '#e8c25a', '--c-note-ink': '#5c4500',
    '--c-red': '#b42318', '--c-red-bg': '#fdeceb', '--c-amber': '#8a4b00', '--c-amber-bg': '#fff1dc', '--c-green': '#1d6b3a', '--c-green-bg': '#e4f5ea',
    '--c-public': '#8a3ffc', '--c-public-ink': '#6525c9', '--c-public-bg': '#f3ecff', '--c-link': '#0b6472',
  },
  dark: {
    '--mantine-color-dimmed': '#a3adb4',
    '--mantine-color-placeholder': '#98a2a9',
    '--mantine-color-body': '#171c20',
    '--mantine-color-error': '#ff8f87',
    '--c-app': '#101417', '--c-pane': '#171c20', '--c-line': '#2c343a', '--c-hover': '#1f262b', '--c-selected': '#16363c', '--c-strong': '#f3f6f7',
    '--c-ours': '#143a41', '--c-theirs': '#232b30', '--c-note': '#3a3112', '--c-note-line': '#8c7420', '--c-note-ink': '#f6dd8f',
    '--c-red': '#ff9d94', '--c-red-bg': '#43201f', '--c-amber': '#ffc078', '--c-amber-bg': '#3d2c14', '--c-green': '#8fe0ab', '--c-green-bg': '#173322',
    '--c-public': '#a678ff', '--c-public-ink': '#c9aaff', '--c-public-bg': '#2b2140', '--c-link': '#72c6d2',
  },
});
