// Packs script files as the SDKs do: a gzipped tar, made in the browser.
const encoder = new TextEncoder();

export function tarHeader(name: string, size: number): Uint8Array {
  const block = new Uint8Array(512);
  const field = (text: string, offset: number) => block.set(encoder.encode(text), offset);
  field(name.slice(0, 99), 0);
  field("0000644\0", 100);
  field("0000000\0", 108);
  field("0000000\0", 116);
  field(`${size.toString(8).padStart(11, "0")}\0`, 124);
  field("00000000000\0", 136);
  field("        ", 148);
  field("0", 156);
  field("ustar\0", 257);
  field("00", 263);
  const sum = block.reduce((total, byte) => total + byte, 0);
  field(`${sum.toString(8).padStart(6, "0")}\0 `, 148);
  return block;
}

export async function tarGz(files: { name: string; data: Blob }[]): Promise<Blob> {
  const parts: BlobPart[] = [];
  for (const file of files) {
    parts.push(tarHeader(file.name, file.data.size) as BlobPart, file.data);
    const rest = file.data.size % 512;
    if (rest) parts.push(new Uint8Array(512 - rest));
  }
  parts.push(new Uint8Array(1024));
  const packed = new Blob(parts).stream().pipeThrough(new CompressionStream("gzip"));
  return new Response(packed).blob();
}
