/** Light or dark: as the reader's system says, or as the reader said here. */
import { Button, useComputedColorScheme, useMantineColorScheme } from '@mantine/core'

/** Switches between light and dark, and keeps the choice in this browser. */
export function ColourScheme() {
  const { setColorScheme } = useMantineColorScheme()
  const now = useComputedColorScheme('light')
  const other = now === 'dark' ? 'light' : 'dark'
  return (
    <Button
      size="compact-xs"
      variant="transparent"
      className="on-top"
      aria-label={`Switch to ${other} colours`}
      onClick={() => setColorScheme(other)}
    >
      {now === 'dark' ? '☀' : '☾'}
    </Button>
  )
}
