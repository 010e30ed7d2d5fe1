import assert from "node:assert/strict";
import { test } from "node:test";
import { deflateRawSync } from "node:zlib";
import { Zip } from "../../chalicelib/web/script/zip.js";
import { zipOf } from "./zipping.js";

const text = async (zip, name) => new TextDecoder().decode(await zip.read(name));
const LONG = "It rained. ".repeat(5000);

test("stored and deflated entries are read by their names", async () => {
  const zip = new Zip(
    zipOf([
      { name: "mimetype", data: "application/epub+zip", stored: true },
      { name: "ö/ch 1.xhtml", data: LONG },
    ]),
  );
  assert.equal(await text(zip, "mimetype"), "application/epub+zip");
  assert.equal(await text(zip, "ö/ch 1.xhtml"), LONG);
  assert.equal(await zip.read("missing"), null);
});

test("an empty entry and an empty archive are nothing to stumble over", async () => {
  assert.equal(await text(new Zip(zipOf([{ name: "empty", data: "" }])), "empty"), "");
  assert.equal(await new Zip(zipOf([])).read("any"), null);
});

test("a comment may follow, even one that looks like the end of an archive begins", async () => {
  for (const comment of [Buffer.from("made by hand"), Buffer.of(0x50, 0x4b, 5, 6, ...new Array(200).fill(0))]) {
    assert.equal(await text(new Zip(zipOf([{ name: "a", data: "b" }], { comment })), "a"), "b");
  }
});

test("the sizes of the local header do not count, as a packer that streams leaves them open", async () => {
  assert.equal(await text(new Zip(zipOf([{ name: "a", data: LONG, streamed: true, extra: 9 }])), "a"), LONG);
});

test("what is not whole is refused with a sentence, wherever it ends", () => {
  const whole = zipOf([
    { name: "a", data: LONG },
    { name: "b", data: "short", stored: true },
  ]);
  for (let length = 0; length < whole.length; length += 7) {
    assert.throws(() => new Zip(whole.slice(0, length)), /damaged/);
  }
});

test("a byte that has changed is noticed, in whatever is read", async () => {
  const whole = zipOf([
    { name: "a", data: LONG },
    { name: "b", data: "short", stored: true },
  ]);
  for (const at of [45, 60, whole.indexOf(0x73, 100)]) {
    const spoiled = whole.slice();
    spoiled[at] ^= 0x55;
    const zip = new Zip(spoiled);
    await assert.rejects(Promise.all([zip.read("a"), zip.read("b")]), /damaged/);
  }
});

test("a directory that leads out of the file is refused", async () => {
  for (const fields of [{ offset: 1_000_000 }, { packed: 1_000_000 }, { size: 2 }, { size: 9_999 }, { crc: 1 }]) {
    await assert.rejects(new Zip(zipOf([{ name: "a", data: "Ada", stored: true, fields }])).read("a"), /damaged/);
    await assert.rejects(new Zip(zipOf([{ name: "a", data: LONG, fields }])).read("a"), /damaged/);
  }
});

test("ZIP64, passwords and other ways of packing are named", async () => {
  const read = (entry) => new Zip(zipOf([{ name: "a", data: "Ada", ...entry }])).read("a");
  await assert.rejects(read({ fields: { flags: 1 } }), /password/);
  await assert.rejects(read({ fields: { method: 12 } }), /packed in a way/);
  assert.throws(() => new Zip(zipOf([{ name: "a", data: "Ada", fields: { size: 0xffffffff } }])), /ZIP64/);
  assert.throws(() => new Zip(zipOf([], { count: 0xffff })), /ZIP64/);
});

test("a small file that is packed from gigabytes is not unpacked", async () => {
  const packed = deflateRawSync(new Uint8Array(1024));
  const bomb = { name: "a", data: "", raw: packed, fields: { size: 70 * 1024 * 1024 } };
  await assert.rejects(new Zip(zipOf([bomb])).read("a"), /unpacks to more than 64 MB/);
  const half = { name: "a", data: new Uint8Array(40 * 1024 * 1024) };
  const zip = new Zip(zipOf([half]));
  await zip.read("a");
  await assert.rejects(zip.read("a"), /more than 64 MB/);
});
