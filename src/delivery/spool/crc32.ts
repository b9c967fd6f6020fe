/** CRC-32 of joined ranges from the CRCs of the ranges, so that no byte is read twice. The CRC itself is zlib's. */

const polynomial = 0xedb88320
/** x⁰ and x¹ as polynomials over GF(2), the lowest power in the highest bit as CRC-32 has it. */
const one = 0x80000000
const x = 0x40000000

/**
 * Computes the CRC of two ranges in a row: appending `secondBytes` bytes multiplies the first one's CRC by x to the power of
 * eight times that.
 */
export function joinCrc32(first: number, second: number, secondBytes: number): number {
  return (multiply(power(secondBytes * 8), first) ^ second) >>> 0
}

function power(exponent: number): number {
  let result = one
  let square = x
  for (let rest = exponent; rest > 0; rest = Math.floor(rest / 2)) {
    if (rest % 2 === 1) result = multiply(result, square)
    square = multiply(square, square)
  }
  return result
}

/** Multiplies two polynomials modulo the CRC's own. */
function multiply(a: number, b: number): number {
  let product = 0
  let factor = b
  for (let bit = one; bit !== 0; bit >>>= 1) {
    if ((a & bit) !== 0) product ^= factor
    factor = (factor & 1) === 0 ? factor >>> 1 : (factor >>> 1) ^ polynomial
  }
  return product >>> 0
}
