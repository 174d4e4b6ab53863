// Canonical forms written a second time, from COMMITMENT's table alone: what the Python side is compared with.

const SPACES = /[\t-\r \x85\xa0\u1680\u2000-\u200a\u2028\u2029\u202f\u205f\u3000]+/gu;
const INVISIBLE = /[\u200b-\u200f\u202a-\u202e\u2060-\u2069\ufeff]/gu;
const utf8 = new TextEncoder();

const text = (source) => {
  const kept = source.replace(INVISIBLE, '').replace(SPACES, ' ').replace(/^ | $/g, '');
  if (/\p{Cc}|\p{Cs}/u.test(kept)) return null;
  const normal = kept.normalize('NFC');
  return normal !== '' && utf8.encode(normal).length <= 1024 ? normal : null;
};

const ident = (source) => {
  const kept = text(source)?.normalize('NFKC').replace(/[a-z]/g, (c) => c.toUpperCase());
  const found = kept?.replace(/[\x00-\x7f]/g, (c) => (/[0-9A-Z]/.test(c) ? c : ''));
  return found !== undefined && /^[0-9A-Z\u4e00-\u9fff]{1,64}$/u.test(found) ? found : null;
};

const trimmed = (source) => source.replace(/^[ \t\r\n]+|[ \t\r\n]+$/g, '');

const decimal = (source) => {
  const parts = /^([+-]?)([0-9]*)(?:\.([0-9]*))?$/.exec(trimmed(source));
  if (!parts || (parts[2] === '' && !parts[3])) return null;
  const whole = parts[2].replace(/^0+/, '') || '0';
  const fraction = (parts[3] ?? '').replace(/0+$/, '');
  if (whole.length > 18 || fraction.length > 9) return null;
  const made = fraction ? `${whole}.${fraction}` : whole;
  return parts[1] === '-' && made !== '0' ? `-${made}` : made;
};

const integer = (source) => {
  const made = decimal(source);
  return made === null || made.includes('.') ? null : made;
};

const currency = (source) => {
  const code = trimmed(source);
  if (!/^[A-Z]{3}$/.test(code)) return null;
  return code === 'RMB' ? 'CNY' : code;
};

const dayExists = (year, month, day) => {
  const days = [31, (year % 4 === 0 && year % 100 !== 0) || year % 400 === 0 ? 29 : 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31];
  return year >= 1 && month >= 1 && month <= 12 && day >= 1 && day <= days[month - 1];
};

const OFFSET = '(Z|[+-](?:0[0-9]|1[0-4]):[0-5][0-9])';

const date = (source) => {
  const parts = new RegExp(`^(([0-9]{4})-([0-9]{2})-([0-9]{2}))${OFFSET}?$`).exec(trimmed(source));
  return parts && dayExists(+parts[2], +parts[3], +parts[4]) ? parts[1] : null;
};

const TIME = new RegExp(
  `^([0-9]{4})-([0-9]{2})-([0-9]{2})T([0-9]{2}):([0-9]{2}):([0-9]{2})(?:\\.([0-9]+))?${OFFSET}?$`,
);

const moment = (source) => {
  const parts = TIME.exec(trimmed(source));
  if (!parts) return null;
  const [year, month, day, hour, minute, second] = parts.slice(1, 7).map(Number);
  const fraction = (parts[7] ?? '').replace(/0+$/, '');
  if (!dayExists(year, month, day) || hour > 23 || minute > 59 || second > 59 || fraction.length > 9) return null;
  const at = new Date(0);
  at.setUTCFullYear(year, month - 1, day);
  at.setUTCHours(hour, minute, second);
  return { at, fraction, offset: parts[8] };
};

const joined = (at, fraction) => {
  const year = at.getUTCFullYear();
  if (year < 1 || year > 9999) return null;
  return at.toISOString().slice(0, 19) + (fraction ? `.${fraction}` : '');
};

const instant = (source) => {
  const found = moment(source);
  if (!found?.offset) return null;
  if (found.offset !== 'Z') {
    const minutes = Number(found.offset.slice(1, 3)) * 60 + Number(found.offset.slice(4, 6));
    found.at = new Date(found.at.getTime() + (found.offset[0] === '-' ? minutes : -minutes) * 60_000);
  }
  const made = joined(found.at, found.fraction);
  return made === null ? null : `${made}Z`;
};

const localTime = (source) => {
  const found = moment(source);
  return found && !found.offset ? joined(found.at, found.fraction) : null;
};

const quantity = (source) => {
  const [number, unit = '-', ...more] = trimmed(source).split(/[ \t\r\n]+/);
  const made = decimal(number);
  return made !== null && more.length === 0 && /^(-|[0-9A-Z]{1,3})$/.test(unit) ? `${made} ${unit}` : null;
};

const id = (source) => (/^0x[0-9a-f]{64}$/.test(source) ? source : null);

const bytes = (source) => {
  if (!/^[A-Za-z0-9_-]{1,4096}$/.test(source)) return null;
  return Buffer.from(source, 'base64url').toString('base64url') === source ? source : null;
};

const word = (source) => (source.length <= 64 && /^[a-z0-9]+(-[a-z0-9]+)*$/.test(source) ? source : null);

/** Canonical form of a source by type, or null where the type refuses it. */
export const canonicalise = {
  text,
  ident,
  decimal,
  integer,
  currency,
  date,
  instant,
  'local time': localTime,
  quantity,
  id,
  bytes,
  enum: word,
};
