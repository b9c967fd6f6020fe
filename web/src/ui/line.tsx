/** One line of a form that a person types; a secret one shows nothing of it and is kept by no browser. */
import { PasswordInput, type PasswordInputProps, TextInput, type TextInputProps } from '@mantine/core'

interface Typed {
  readonly label: string
  readonly value: string
  /** Called with what stands there now. */
  readonly onText: (text: string) => void
}

/** A line that everybody may read. */
export function Line({ onText, ...shown }: Typed & Omit<TextInputProps, 'onChange'>) {
  return <TextInput {...shown} onChange={(event) => onText(event.currentTarget.value)} />
}

/** A line with a secret. */
export function SecretLine({ onText, ...shown }: Typed & Omit<PasswordInputProps, 'onChange'>) {
  return (
    <PasswordInput
      description="Kept sealed, and never shown again"
      required
      autoComplete="off"
      {...shown}
      onChange={(event) => onText(event.currentTarget.value)}
    />
  )
}
