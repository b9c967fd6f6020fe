/** File patterns: `*` any characters of one name, `?` one of them, `**` any folders. Linear but for the product of the lengths. Pure. */

/** Tells whether a path with slashes fits. A name that starts with a dot fits only a pattern's name that does. */
export function matchesPattern(path: string, pattern: string): boolean {
  const names = path.split('/')
  return matchesList(names, pattern.split('/'), {
    isAny: (step) => step === '**',
    isOne: (name, step) => (step.startsWith('.') || !name.startsWith('.')) && matchesName(name, step),
    isSkippable: (name) => !name.startsWith('.'),
  })
}

function matchesName(name: string, pattern: string): boolean {
  return matchesList([...name], [...pattern], {
    isAny: (sign) => sign === '*',
    isOne: (character, sign) => sign === '?' || sign === character,
    isSkippable: () => true,
  })
}

interface Rules {
  readonly isAny: (step: string) => boolean
  readonly isOne: (value: string, step: string) => boolean
  readonly isSkippable: (value: string) => boolean
}

/** Greedy: after a mismatch the last `any` takes one more, and no earlier one ever needs to. */
function matchesList(values: readonly string[], steps: readonly string[], rules: Rules): boolean {
  let [at, step, any, anyAt] = [0, 0, -1, 0]
  while (at < values.length) {
    const value = values[at] ?? ''
    const wanted = steps[step]
    if (wanted !== undefined && rules.isAny(wanted)) {
      any = step
      anyAt = at
      step += 1
    } else if (wanted !== undefined && rules.isOne(value, wanted)) {
      at += 1
      step += 1
    } else if (any >= 0 && rules.isSkippable(values[anyAt] ?? '')) {
      anyAt += 1
      at = anyAt
      step = any + 1
    } else return false
  }
  return steps.slice(step).every(rules.isAny)
}
