/** ZIP files for tests, which may say of their entries what is not so. */

import { deflateRawSync, crc32 as nodeCrc } from "node:zlib";

/** Node knows it from 20.15 and 22.2 on. */
function crc32(data) {
  if (nodeCrc) return nodeCrc(data);
  let crc = ~0;
  for (const byte of data) {
    crc ^= byte;
    for (let bit = 0; bit < 8; bit++) crc = crc & 1 ? (crc >>> 1) ^ 0xedb88320 : crc >>> 1;
  }
  return ~crc >>> 0;
}

/** Pack `entries` of `{ name, data }`. `stored`: not deflated; `fields` overwrite what the directory says. */
export function zipOf(entries, { comment = new Uint8Array(), count = entries.length } = {}) {
  const parts = [];
  const directory = [];
  let at = 0;
  for (const { name, data, stored = false, raw, streamed = false, extra = 0, fields = {} } of entries) {
    const content = typeof data === "string" ? new TextEncoder().encode(data) : data;
    const packed = raw ?? (stored ? content : deflateRawSync(content));
    const facts = {
      flags: 0x0800,
      method: stored ? 0 : 8,
      crc: crc32(content),
      packed: packed.length,
      size: content.length,
      offset: at,
      ...fields,
    };
    const named = Buffer.from(name);
    const local = Buffer.alloc(30 + named.length + extra);
    local.writeUInt32LE(0x04034b50, 0);
    if (!streamed) local.writeUInt32LE(facts.size, 22);
    local.writeUInt16LE(named.length, 26);
    local.writeUInt16LE(extra, 28);
    named.copy(local, 30);
    parts.push(local, packed);
    at += local.length + packed.length;
    directory.push(entryOf(named, facts));
  }
  const size = directory.reduce((sum, { length }) => sum + length, 0);
  const end = Buffer.alloc(22);
  end.writeUInt32LE(0x06054b50, 0);
  end.writeUInt16LE(count, 8);
  end.writeUInt16LE(count, 10);
  end.writeUInt32LE(size, 12);
  end.writeUInt32LE(at, 16);
  end.writeUInt16LE(comment.length, 20);
  return Uint8Array.from(Buffer.concat([...parts, ...directory, end, comment]));
}

function entryOf(named, { flags, method, crc, packed, size, offset }) {
  const entry = Buffer.alloc(46 + named.length);
  entry.writeUInt32LE(0x02014b50, 0);
  entry.writeUInt16LE(flags, 8);
  entry.writeUInt16LE(method, 10);
  entry.writeUInt32LE(crc, 16);
  entry.writeUInt32LE(packed, 20);
  entry.writeUInt32LE(size, 24);
  entry.writeUInt16LE(named.length, 28);
  entry.writeUInt32LE(offset, 42);
  named.copy(entry, 46);
  return entry;
}
