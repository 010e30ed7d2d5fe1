/** A ZIP file to read from, by its central directory. Entries are stored or deflated, as in every EPUB. */

const ENTRY = 0x02014b50;
const ENTRY_BYTES = 46;
const LOCAL = 0x04034b50;
const LOCAL_BYTES = 30;
const END = 0x06054b50;
const END_BYTES = 22;
const LONGEST_COMMENT = 0xffff;

const ENCRYPTED = 0x0001;
const STORED = 0;
const DEFLATED = 8;

/** What stands in place of a number that only the fields of ZIP64 can hold. */
const IN_ZIP64 = 0xffffffff;
const COUNTED_IN_ZIP64 = 0xffff;

/** Bytes that may be unpacked from one file: a small file can be packed from gigabytes of nothing. */
const MOST = 64 * 1024 * 1024;

const BROKEN = "This file is damaged, or not complete.";

/**
 * Where an entry is, and how large it is.
 * @typedef {{ flags: number, method: number, crc: number, packed: number, size: number, offset: number }} Entry
 */

/** The entries of a ZIP file; what cannot be read is thrown as an error with a sentence for a person. */
export class Zip {
  #left = MOST;

  /** @param {Uint8Array<ArrayBuffer>} bytes the whole file */
  constructor(bytes) {
    this.bytes = bytes;
    this.view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
    this.entries = entriesOf(bytes, this.view);
  }

  /**
   * Return the content of an entry, unpacked; null if there is none of this name.
   * @param {string} name
   */
  async read(name) {
    const entry = this.entries.get(name);
    if (!entry) return null;
    if (entry.flags & ENCRYPTED) throw new Error("This file is protected by a password, so it cannot be read.");
    this.#left -= entry.size;
    if (this.#left < 0) throw new Error(`This file unpacks to more than ${MOST / 1024 / 1024} MB.`);
    const packed = packedBytes(this.bytes, this.view, entry);
    const content = entry.method === STORED ? packed : await unpacked(packed, entry);
    if (content.length !== entry.size || crc32(content) !== entry.crc) throw new Error(BROKEN);
    return content;
  }
}

/**
 * List the entries by name.
 * @param {Uint8Array} bytes
 * @param {DataView} view
 * @returns {Map<string, Entry>}
 */
function entriesOf(bytes, view) {
  const end = endOf(view);
  const count = view.getUint16(end + 10, true);
  let at = view.getUint32(end + 16, true);
  if (count === COUNTED_IN_ZIP64 || at === IN_ZIP64) throw zip64();
  const names = new TextDecoder();
  const entries = new Map();
  /** @param {number} offset */
  const short = (offset) => view.getUint16(at + offset, true);
  /** @param {number} offset */
  const long = (offset) => view.getUint32(at + offset, true);
  for (let number = 0; number < count; number++) {
    if (at + ENTRY_BYTES > end || long(0) !== ENTRY) throw new Error(BROKEN);
    const entry = {
      flags: short(8),
      method: short(10),
      crc: long(16),
      packed: long(20),
      size: long(24),
      offset: long(42),
    };
    if ([entry.packed, entry.size, entry.offset].includes(IN_ZIP64)) throw zip64();
    const start = at + ENTRY_BYTES;
    entries.set(names.decode(bytes.subarray(start, start + short(28))), entry);
    at = start + short(28) + short(30) + short(32);
  }
  return entries;
}

/**
 * Return where the record at the end of the archive begins. A comment may follow it.
 * @param {DataView} view
 */
function endOf(view) {
  const last = view.byteLength - END_BYTES;
  for (let at = last; at >= Math.max(0, last - LONGEST_COMMENT); at--) {
    // The comment may hold the same four bytes, but then what follows them is not as long as they say.
    const comment = view.byteLength - at - END_BYTES;
    if (view.getUint32(at, true) === END && view.getUint16(at + 20, true) === comment) return at;
  }
  throw new Error(BROKEN);
}

/**
 * Return an entry as it is in the file. Its local header says where it begins, and nothing else that can be trusted.
 * @param {Uint8Array<ArrayBuffer>} bytes
 * @param {DataView} view
 * @param {Entry} entry
 */
function packedBytes(bytes, view, { offset, packed }) {
  if (offset + LOCAL_BYTES > bytes.length || view.getUint32(offset, true) !== LOCAL) throw new Error(BROKEN);
  const start = offset + LOCAL_BYTES + view.getUint16(offset + 26, true) + view.getUint16(offset + 28, true);
  if (start + packed > bytes.length) throw new Error(BROKEN);
  return bytes.subarray(start, start + packed);
}

/**
 * Inflate bytes, up to the size that the entry says it has.
 * @param {Uint8Array<ArrayBuffer>} packed
 * @param {Entry} entry
 */
async function unpacked(packed, { method, size }) {
  if (method !== DEFLATED) throw new Error("This file is packed in a way that cannot be read here.");
  const content = new Uint8Array(size);
  let at = 0;
  try {
    const stream = new Blob([packed]).stream().pipeThrough(new DecompressionStream("deflate-raw"));
    const reader = stream.getReader();
    for (let part = await reader.read(); !part.done; part = await reader.read()) {
      content.set(part.value, at); // throws where there is more than was said
      at += part.value.length;
    }
  } catch (cause) {
    throw new Error(BROKEN, { cause });
  }
  return content.subarray(0, at);
}

const zip64 = () => new Error("This file is a ZIP64 archive, which cannot be read here.");

const CRC_TABLE = Uint32Array.from({ length: 256 }, (_, byte) => {
  let crc = byte;
  for (let bit = 0; bit < 8; bit++) crc = crc & 1 ? (crc >>> 1) ^ 0xedb88320 : crc >>> 1;
  return crc;
});

/** @param {Uint8Array} bytes */
function crc32(bytes) {
  let crc = ~0;
  for (const byte of bytes) crc = (crc >>> 8) ^ (CRC_TABLE[(crc ^ byte) & 0xff] ?? 0);
  return ~crc >>> 0;
}
