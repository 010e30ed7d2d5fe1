import assert from "node:assert/strict";
import { beforeEach, test } from "node:test";
import { draftOf, emptyDraft, nextDraftOf } from "../../chalicelib/web/script/wishfields.js";

beforeEach(() => {
  globalThis.document = { querySelector: () => ({ getAttribute: () => '{"num_chapters": 5, "enhance": true}' }) };
});

const WISH = { audience: "a girl of four", tone: "silly", minutes_per_chapter: 2, point_of_view: "first" };
const STORY = {
  prompt: "A fox",
  title: "A fox",
  titled: false,
  num_chapters: 7,
  language: "de",
  language_wish: null,
  enhance: false,
  voices: { Narrator: "v1", Ada: "v2" },
  pronunciations: { Niamh: "Neev" },
  manuscript: null,
  ...WISH,
};
const WISHED = { audience: "a girl of four", tone: "silly", minutes: "2", view: "first", enhance: false };

test("a draft is changed from what it has, and only a title that was given is one", () => {
  assert.deepEqual(draftOf(STORY), {
    ...WISHED,
    source: "idea",
    prompt: "A fox",
    text: "",
    remark: "",
    title: "",
    chapters: "7",
    textChapters: "",
    language: "",
    voices: { narrator: "v1", characters: [{ name: "Ada", voice: "v2" }] },
    pronunciations: [{ word: "Niamh", say: "Neev" }],
  });
  assert.equal(draftOf({ ...STORY, titled: true }).title, "A fox");
});

test("the draft of a text has a remark, and the chapters of the text", () => {
  const { source, prompt, remark, chapters, textChapters } = draftOf({
    ...STORY,
    manuscript: { opening: "It rained" },
  });
  assert.deepEqual([source, prompt, remark, chapters, textChapters], ["text", "", "A fox", "5", "7"]);
});

test("the next book has the wishes, the language and the pronunciations of the one before, and nothing else of it", () => {
  assert.deepEqual(nextDraftOf({ ...STORY, titled: true, manuscript: { opening: "It rained" } }), {
    ...WISHED,
    source: "idea",
    prompt: "",
    text: "",
    remark: "",
    title: "",
    chapters: "5",
    textChapters: "",
    language: "de",
    voices: { narrator: "", characters: [] },
    pronunciations: [{ word: "Niamh", say: "Neev" }],
  });
});

test("a new story begins with what is configured", () => {
  const { chapters, enhance, prompt, pronunciations } = emptyDraft();
  assert.deepEqual([chapters, enhance, prompt, pronunciations], ["5", true, "", []]);
});
