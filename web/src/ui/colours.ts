/** The colours that carry meaning, each with at least 4.5 to 1 under white text. */
export const good = '#1c6e47'
export const bad = '#b3261e'
export const warning = '#a3460b'
export const busy = '#1a5f96'
export const neutral = '#4b5563'
