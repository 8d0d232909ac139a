// How values are written, the same on every page.
export const bytes = (value: number | undefined): string => {
  if (value === undefined) return "–";
  const units = ["B", "KiB", "MiB", "GiB", "TiB"];
  let size = value;
  let unit = 0;
  while (size >= 1024 && unit < units.length - 1) {
    size /= 1024;
    unit += 1;
  }
  return `${unit === 0 ? size : size.toPrecision(3)} ${units[unit]}`;
};

export const number = (value: number | undefined): string => {
  if (value === undefined || !Number.isFinite(value)) return "–";
  if (Number.isInteger(value) && Math.abs(value) < 1e7) return String(value);
  return Number(value.toPrecision(4)).toString();
};

export const time = (seconds: number | undefined): string =>
  seconds === undefined
    ? "–"
    : new Date(seconds * 1000).toLocaleString("en", { month: "short", day: "numeric", hour: "2-digit", minute: "2-digit", hourCycle: "h23" });

/** Of a time as S3 writes it. */
export const whenIso = (iso: string): string => time(iso ? Date.parse(iso) / 1000 : undefined);

export const duration = (seconds: number | undefined): string => {
  if (seconds === undefined) return "–";
  if (seconds < 9.95) return `${Math.max(0, Math.round(seconds * 10) / 10)} s`;
  if (seconds < 60) return `${Math.round(seconds)} s`;
  const minutes = Math.floor(seconds / 60);
  if (minutes < 60) return `${minutes} min ${Math.round(seconds % 60)} s`;
  return `${Math.floor(minutes / 60)} h ${minutes % 60} min`;
};

export const money = (dollars: number): string => (dollars < 0.01 ? `$${dollars.toFixed(4)}` : `$${dollars.toFixed(2)}`);

export const parseS3 = (uri: string): { bucket: string; key: string } => {
  const rest = uri.replace(/^s3:\/\//, "");
  const cut = rest.indexOf("/");
  return cut < 0 ? { bucket: rest, key: "" } : { bucket: rest.slice(0, cut), key: rest.slice(cut + 1) };
};

/** Money in the studio's own currency; small sums keep their first digits. */
export const amount = (value: number, currency: string): string => {
  const digits = value !== 0 && Math.abs(value) < 0.01 ? 4 : 2;
  return new Intl.NumberFormat("en", { style: "currency", currency, minimumFractionDigits: digits, maximumFractionDigits: digits }).format(value);
};

/** A price of an hour, exactly. */
export const hourly = (value: number, currency: string): string =>
  new Intl.NumberFormat("en", { style: "currency", currency, minimumFractionDigits: 2, maximumFractionDigits: 4 }).format(value);

/** A time that was used, without more exactness than it needs: "40 s", "12 min", "3.5 h", "1,240 h". */
export const span = (seconds: number): string => {
  if (seconds > 0 && seconds < 9.95) return `${Math.max(0.1, seconds).toFixed(1)} s`;
  if (seconds < 59.5) return `${Math.round(seconds)} s`;
  if (seconds < 3570) return `${Math.round(seconds / 60)} min`;
  const hours = seconds / 3600;
  return `${hours < 10 ? hours.toFixed(1) : Math.round(hours).toLocaleString("en")} h`;
};
