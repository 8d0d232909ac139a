// Packs a function's files as a zip, in the browser: stored, not compressed, since they are short.
const TABLE = Uint32Array.from({ length: 256 }, (_, n) => {
  let c = n;
  for (let bit = 0; bit < 8; bit++) c = c & 1 ? 0xedb88320 ^ (c >>> 1) : c >>> 1;
  return c >>> 0;
});

export function crc32(data: Uint8Array): number {
  let c = 0xffffffff;
  for (const byte of data) c = TABLE[(c ^ byte) & 0xff]! ^ (c >>> 8);
  return (c ^ 0xffffffff) >>> 0;
}

/** 1980-01-01: the same files are the same zip. */
const DATE = 0x21;
const UTF8 = 0x800;

function header(signature: number, fields: [value: number, bytes: 2 | 4][]): Uint8Array {
  const block = new Uint8Array(4 + fields.reduce((sum, [, bytes]) => sum + bytes, 0));
  const view = new DataView(block.buffer);
  view.setUint32(0, signature, true);
  let at = 4;
  for (const [value, bytes] of fields) {
    if (bytes === 2) view.setUint16(at, value, true);
    else view.setUint32(at, value, true);
    at += bytes;
  }
  return block;
}

export function zip(files: { name: string; data: Uint8Array }[]): Uint8Array {
  const parts: Uint8Array[] = [];
  const index: Uint8Array[] = [];
  let offset = 0;
  for (const { name, data } of files) {
    const called = new TextEncoder().encode(name);
    const common: [number, 2 | 4][] = [[20, 2], [UTF8, 2], [0, 2], [0, 2], [DATE, 2], [crc32(data), 4], [data.length, 4], [data.length, 4], [called.length, 2], [0, 2]];
    const local = header(0x04034b50, common);
    parts.push(local, called, data);
    // Made by Unix, a plain file that all may read.
    index.push(header(0x02014b50, [[(3 << 8) | 20, 2], ...common, [0, 2], [0, 2], [0, 2], [(0o100644 << 16) >>> 0, 4], [offset, 4]]), called);
    offset += local.length + called.length + data.length;
  }
  const size = index.reduce((sum, one) => sum + one.length, 0);
  return joined([...parts, ...index, header(0x06054b50, [[0, 2], [0, 2], [files.length, 2], [files.length, 2], [size, 4], [offset, 4], [0, 2]])]);
}

function joined(parts: Uint8Array[]): Uint8Array {
  const whole = new Uint8Array(parts.reduce((sum, one) => sum + one.length, 0));
  let at = 0;
  for (const one of parts) {
    whole.set(one, at);
    at += one.length;
  }
  return whole;
}

export function base64(data: Uint8Array): string {
  let text = "";
  for (let at = 0; at < data.length; at += 0x8000) text += String.fromCharCode(...data.subarray(at, at + 0x8000));
  return btoa(text);
}
