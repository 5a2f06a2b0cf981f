// Decimal arithmetic as Redis does it: the x87 format, 64 bits of mantissa, which C calls
// `long double` there. Numbers are exact integers times powers of two.

const MANTISSA_BITS = 64;
/** The least power of two that a number can be a multiple of, and the first that is too large. */
const EXPONENT_MIN = -16445;
const OVERFLOW_BITS = 16384;
/** Redis's buffer for the text of a number. */
const TEXT_BYTES_MAX = 5 * 1024;
/** Powers of ten beyond which a number of so many digits is infinite, or 0, in any case. */
const POWER_MAX = 2 * TEXT_BYTES_MAX;
const DECIMALS = 17;

/** `mantissa * 2^exponent`. */
export interface LongDouble {
  readonly mantissa: bigint;
  readonly exponent: number;
}

export const INFINITE = Symbol('an infinity');

const DECIMAL = /^([+-]?)(\d*)\.?(\d*)(?:e([+-]?\d+))?$/i;
const HEXADECIMAL = /^([+-]?)0x([\da-f]*)\.?([\da-f]*)(?:p([+-]?\d+))?$/i;
const INFINITY = /^[+-]?inf(inity)?$/i;

/** Reads what C's `strtold` reads; `undefined` for anything else, NaN and what is out of range. */
export function parseLongDouble(text: string): LongDouble | typeof INFINITE | undefined {
  if (text.length === 0 || text.length >= TEXT_BYTES_MAX) return undefined;
  if (INFINITY.test(text)) return INFINITE;
  const hexadecimal = HEXADECIMAL.exec(text);
  const [, sign, whole = '', fraction = '', power = '0'] = hexadecimal ?? DECIMAL.exec(text) ?? [];
  if (whole === '' && fraction === '') return undefined;
  const digits = BigInt(`${hexadecimal ? '0x' : ''}${whole}${fraction}`);
  if (digits === 0n) return { mantissa: 0n, exponent: 0 };
  const magnitude = hexadecimal
    ? fromBinary(digits, Number(power) - 4 * fraction.length)
    : fromDecimal(digits, Number(power) - fraction.length);
  if (magnitude === undefined || magnitude.mantissa === 0n) return undefined;
  return sign === '-' ? { ...magnitude, mantissa: -magnitude.mantissa } : magnitude;
}

function fromBinary(digits: bigint, exponent: number): LongDouble | undefined {
  if (Math.abs(exponent) > OVERFLOW_BITS * 4) return undefined;
  return rounded(digits, exponent, false);
}

function fromDecimal(digits: bigint, power: number): LongDouble | undefined {
  if (Math.abs(power) > POWER_MAX) return undefined;
  if (power >= 0) return rounded(digits * 10n ** BigInt(power), 0, false);
  const divisor = 10n ** BigInt(-power);
  // So many bits more that the quotient has all that are needed, and one to round by.
  const shift = Math.max(0, bitLength(divisor) - bitLength(digits)) + MANTISSA_BITS + 2;
  const scaled = digits << BigInt(shift);
  return rounded(scaled / divisor, -shift, scaled % divisor !== 0n);
}

/** The nearest number, the even one of two; `undefined` beyond all of them. */
function rounded(magnitude: bigint, exponent: number, hasRest: boolean): LongDouble | undefined {
  const drop = Math.max(bitLength(magnitude) - MANTISSA_BITS, EXPONENT_MIN - exponent);
  let result = { mantissa: magnitude, exponent };
  if (drop > 0) {
    const bits = BigInt(drop);
    result = { mantissa: nearest(magnitude, bits, hasRest), exponent: exponent + drop };
  }
  return bitLength(result.mantissa) + result.exponent > OVERFLOW_BITS ? undefined : result;
}

/** A magnitude without its last bits, rounded half to even; `hasRest`: it was a little more. */
function nearest(magnitude: bigint, bits: bigint, hasRest: boolean): bigint {
  const kept = magnitude >> bits;
  const dropped = magnitude - (kept << bits);
  const half = 1n << (bits - 1n);
  const up = dropped > half || (dropped === half && (hasRest || (kept & 1n) === 1n));
  return up ? kept + 1n : kept;
}

/** The sum; `undefined` if it is infinite. */
export function addLongDoubles(a: LongDouble, b: LongDouble): LongDouble | undefined {
  const exponent = Math.min(a.exponent, b.exponent);
  const sum =
    (a.mantissa << BigInt(a.exponent - exponent)) + (b.mantissa << BigInt(b.exponent - exponent));
  if (sum >= 0n) return rounded(sum, exponent, false);
  const opposite = rounded(-sum, exponent, false);
  return opposite && { ...opposite, mantissa: -opposite.mantissa };
}

/** As a decimal with up to 17 places, without zeros at its end. */
export function longDoubleText({ mantissa, exponent }: LongDouble): string {
  const magnitude = (mantissa < 0n ? -mantissa : mantissa) * 10n ** BigInt(DECIMALS);
  const scaled =
    exponent >= 0 ? magnitude << BigInt(exponent) : nearest(magnitude, BigInt(-exponent), false);
  const digits = String(scaled).padStart(DECIMALS + 1, '0');
  const whole = digits.slice(0, -DECIMALS);
  const places = digits.slice(-DECIMALS).replace(/0+$/, '');
  const text = places === '' ? whole : `${whole}.${places}`;
  return mantissa < 0n && text !== '0' ? `-${text}` : text;
}

function bitLength(magnitude: bigint): number {
  const hex = magnitude.toString(16);
  return hex.length * 4 - (Math.clz32(Number.parseInt(hex[0] as string, 16)) - 28);
}
