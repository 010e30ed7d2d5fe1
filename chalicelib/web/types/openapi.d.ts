/** What the API takes and returns. Generated from the OpenAPI document by `make schemas`; do not edit. */

/** The listener's bookmarks. `at` is when the list was written; null where there never was one. */
export interface Bookmarks {
  bookmarks: Array<Bookmark>;
  at: string | null;
}

/** A second of a chapter that the listener wants to find again. */
export interface Bookmark {
  bookmark_id: string;
  chapter: number;
  seconds: number;
  note: string;
}

/** The caller's month, in UTC: its limit, or null, what is spent of it, and what running tasks hold.
 *
 * `remaining_usd` is what is left of the tightest limit that applies, and `tightest` names that: the caller's month,
 * or the day of all users. Both are null without a limit. */
export interface Budget {
  currency: string;
  month: string;
  limit_usd: number | null;
  spent_usd: number;
  held_usd: number;
  remaining_usd: number | null;
  tightest: "stage_day" | "story" | "user_month" | null;
}

/** `PATCH /stories/{id}/chapters/{n}`: another title. */
export interface ChangeChapter {
  title: string;
}

/** `PATCH /stories/{id}`. Without a plan every field may change, null for what was not asked for.
 *
 * With one, `title`, `voices` and `pronunciations` may. Then `voices` are those of the speakers that it names, and
 * `pronunciations`, as always, all that there are to be. What is narrated is marked as out of date where it would
 * sound otherwise; nothing is bought. */
export interface ChangeStory {
  prompt?: string | null;
  title?: string | null;
  num_chapters?: number | null;
  enhance?: boolean | null;
  language?: string | null;
  voices?: Record<string, string> | null;
  minutes_per_chapter?: number | null;
  audience?: string | null;
  tone?: string | null;
  point_of_view?: "first" | "third" | null;
  sequel_of?: string | null;
  text?: string | null;
  pronunciations?: Record<string, string> | null;
}

/** A chapter with its texts. */
export interface ChapterAlone {
  number: number;
  title: string;
  status: "completed" | "failed" | "generating_audio" | "generating_script" | "pending" | "script_ready";
  summary: string | null;
  audio: Sound | null;
  version: string | null;
  based_on_older: boolean;
  error: string | null;
  notices: Array<Notice>;
  script: ScriptLines | null;
  enhanced: DirectedLines | null;
}

/** A chapter's MP3. `url` is signed for 15 minutes; `out_of_date`: the script has changed since. */
export interface Sound {
  duration: number;
  bytes: number;
  content_type: "audio/mpeg";
  url: string;
  out_of_date: boolean;
}

/** What a person should know of a chapter's sound: of a line, or with null of all of it. */
export interface Notice {
  line_id: string | null;
  code: "norm_missed" | "odd_sound" | "text_not_spoken" | "voice_replaced";
  message: string;
}

/** A script as its lines. */
export interface ScriptLines {
  lines: Array<Line>;
}

/** A line of a script. `scene_break`: a new scene begins with it. */
export interface Line {
  line_id: string;
  speaker: string;
  text: string;
  scene_break: boolean;
}

/** A script with directions for the voices. */
export interface DirectedLines {
  lines: Array<DirectedLine>;
}

/** A line with directions for its voice. */
export interface DirectedLine {
  line_id: string;
  speaker: string;
  text: string;
  tags: Array<string>;
  scene_break: boolean;
}

/** `POST /stories`. Fields left out come from configs/story_config.json; the language from the prompt.
 *
 * `audience` says whom it is for, such as `a girl of four`; `tone` how it is told; `point_of_view` who tells it: one
 * of its people, who says "I", or a narrator. `sequel_of` is a finished story of one's own that this one continues: a
 * wish that is left out is the one of that story. `text` is told as it is, and needs no prompt; without `num_chapters`
 * it has the chapters of its headings. */
export interface CreateStory {
  prompt?: string | null;
  title?: string | null;
  num_chapters?: number | null;
  enhance?: boolean | null;
  language?: string | null;
  voices?: Record<string, string> | null;
  minutes_per_chapter?: number | null;
  audience?: string | null;
  tone?: string | null;
  point_of_view?: "first" | "third" | null;
  sequel_of?: string | null;
  text?: string | null;
  pronunciations?: Record<string, string> | null;
}

/** `PUT /stories/{id}/chapters/{n}/script`. With the chapter's `version`, an edit of an older script is refused. */
export interface EditScript {
  lines: Array<EditedLine>;
  version?: string | null;
}

/** A line of a script; a new one without `line_id`. `scene_break`: whether a new scene begins with it.
 *
 * If that is left out, it stays as it is. */
export interface EditedLine {
  speaker: string;
  text: string;
  line_id?: string | null;
  scene_break?: boolean | null;
}

/** What went wrong. `Message` is a sentence for a person: it names the field at fault and what is accepted. */
export interface Error {
  Code: string;
  Message: string;
}

/** `POST /stories/{id}/estimate`. What generating would take, with or without sound.
 *
 * With `chapters`, what the sound of just these would take, with `again` lines of one of them spoken anew; with
 * `rewrite`, what writing that chapter again would. */
export interface Estimate {
  audio?: boolean;
  chapters?: Array<number> | null;
  again?: Array<string> | null;
  rewrite?: number | null;
}

/** What generating would take now: tokens, characters, dollars and seconds of sound.
 *
 * `unavailable_voices` are those of the cast, or of the configuration until there is a cast; others are heard instead.
 * Without any it is left out. */
export interface Estimated {
  input_tokens: number;
  output_tokens: number;
  characters: number;
  cost_usd: number;
  audio_seconds: number;
  unavailable_voices?: Array<UnavailableVoice>;
}

/** A voice that the narrator's account does not have, with the speakers of the story whose voice it is. */
export interface UnavailableVoice {
  voice_id: string;
  name: string;
  speakers: Array<string>;
}

/** `POST /stories/{id}/generate`. With `audio`, each chapter is narrated as soon as it is written. */
export interface Generate {
  audio?: boolean;
}

/** The version that is running. */
export interface Health {
  status: "ok";
  version: string;
}

/** `GET /stories/{id}/shares`: those that have not expired, oldest first. */
export interface ListedShares {
  shares: Array<ListedShare>;
}

/** A share in a list, without its addresses, which are stored nowhere. */
export interface ListedShare {
  share_id: string;
  created_at: string;
  expires_at: string;
}

/** A share that was made. `url` plays the story without a token, `feed_url` is its podcast feed: shown this once. */
export interface MadeShare {
  share_id: string;
  url: string;
  feed_url: string;
  expires_at: string;
}

/** `POST /stories/{id}/shares`. The link plays for `days`; for 30 if they are left out. */
export interface MakeShare {
  days?: number | null;
}

/** `POST /stories/{id}/audio`. Narrates all chapters if `chapters` is left out.
 *
 * `again`: these lines of the one chapter named are spoken anew, although they are kept. */
export interface Narrate {
  chapters?: Array<number> | null;
  again?: Array<string> | null;
}

/** A POST that takes no fields. */
export interface Nothing {
}

/** Where the listener is. `at` is when they were there; null, at the beginning, where nobody has listened yet. */
export interface Place {
  chapter: number;
  seconds: number;
  speed: number;
  at: string | null;
}

/** `PUT /stories/{id}/bookmarks`: the whole list, as it was `at`.
 *
 * `seen_at` is the `at` of the list that it was made from: then it replaces that list and no other, so that two
 * devices lose none of each other's bookmarks. */
export interface PutBookmarks {
  bookmarks: Array<SentBookmark>;
  at: string;
  seen_at?: string | null;
}

/** A bookmark; one that is new may come without an id, and gets one. */
export interface SentBookmark {
  chapter: number;
  seconds: number;
  bookmark_id?: string | null;
  note?: string;
}

/** `PUT /stories/{id}/place`. `at` is when the listener was there; without `speed` it stays what it was. */
export interface PutPlace {
  chapter: number;
  seconds: number;
  at: string;
  speed?: number | null;
}

/** `PUT /stories/{id}/webhook`. `url` is an https address on port 443 of a public host. */
export interface PutWebhook {
  url: string;
}

/** A webhook that was registered. Its `secret` is shown this once: by it you can tell who sent an event. */
export interface RegisteredWebhook {
  url: string;
  secret: string;
}

/** `POST /stories/{id}/chapters/{n}/restore`. `version` is one of those that `versions` lists. */
export interface Restore {
  version: string;
}

/** `POST /stories/{id}/chapters/{n}/rewrite`. `remark` says what should be different.
 *
 * Without one the chapter is brought in line with the chapters before it. */
export interface Rewrite {
  remark?: string | null;
}

/** The task that was queued. */
export interface Started {
  task_id: string;
  status: "queued";
}

/** A page of stories, newest first, without their chapters; `cursor` leads to the next page. */
export interface Stories {
  stories: Array<StoryHead>;
  cursor: string | null;
}

/** A story in a list. `task_id` is its running task; `last_task_id` the one that ran last, or is running. */
export interface StoryHead {
  chapters: Array<Chapter>;
  story_id: string;
  title: string;
  titled: boolean;
  prompt: string;
  num_chapters: number;
  enhance: boolean;
  language: string;
  language_wish: string | null;
  minutes_per_chapter: number | null;
  audience: string | null;
  tone: string | null;
  point_of_view: "first" | "third" | null;
  sequel_of: string | null;
  manuscript: ManuscriptFacts | null;
  status: "cancelled" | "completed" | "draft" | "failed" | "generating";
  voices: Record<string, string>;
  pronunciations: Record<string, string>;
  chapters_ready: number;
  audio_seconds: number;
  book: Book | null;
  task_id: string | null;
  last_task_id: string | null;
  error: string | null;
  created_at: string;
  updated_at: string;
  cover?: string;
}

/** A chapter without its script. An edit sends `version` back, so that it changes no newer script.
 *
 * `based_on_older`: an earlier chapter has changed since this one was written. `notices` are about its sound. */
export interface Chapter {
  number: number;
  title: string;
  status: "completed" | "failed" | "generating_audio" | "generating_script" | "pending" | "script_ready";
  summary: string | null;
  audio: Sound | null;
  version: string | null;
  based_on_older: boolean;
  error: string | null;
  notices: Array<Notice>;
}

/** A text that is told as it is: how many characters it has, and how it begins. */
export interface ManuscriptFacts {
  characters: number;
  opening: string;
}

/** The files of a story's book. `out_of_date`: what they were made from has changed since. */
export interface Book {
  m4b: AudiobookFile;
  epub: BookFile;
  out_of_date: boolean;
}

/** The M4B of a book, and its length in seconds. */
export interface AudiobookFile {
  bytes: number;
  url: string | null;
  duration: number;
}

/** A file of a book. `url` is signed for 15 minutes; it is null in a list of stories. */
export interface BookFile {
  bytes: number;
  url: string | null;
}

/** A story with its chapters. `cast` has the names that may speak a line, `left_out` those who were one too many.
 *
 * `casting` has the voice of each of the cast. `proposed_pronunciations` are the author's, and apply to nothing until
 * they are among the `pronunciations`. */
export interface Story {
  cast: Array<string>;
  casting: Array<CastMember>;
  left_out: Array<string>;
  proposed_pronunciations: Array<ProposedPronunciation>;
  chapters: Array<Chapter>;
  webhook?: StoryWebhook | null;
  story_id: string;
  title: string;
  titled: boolean;
  prompt: string;
  num_chapters: number;
  enhance: boolean;
  language: string;
  language_wish: string | null;
  minutes_per_chapter: number | null;
  audience: string | null;
  tone: string | null;
  point_of_view: "first" | "third" | null;
  sequel_of: string | null;
  manuscript: ManuscriptFacts | null;
  status: "cancelled" | "completed" | "draft" | "failed" | "generating";
  voices: Record<string, string>;
  pronunciations: Record<string, string>;
  chapters_ready: number;
  audio_seconds: number;
  book: Book | null;
  task_id: string | null;
  last_task_id: string | null;
  error: string | null;
  created_at: string;
  updated_at: string;
  cover?: string;
}

/** A speaker with their voice, and why it is theirs; null until the story is cast.
 *
 * `heard_in` is the voice that stands in for it where it is not available. `character` says who they are, from the
 * plan; it is empty for the Narrator. */
export interface CastMember {
  speaker: string;
  voice_id: string | null;
  reason: "author" | "fit" | "kept" | "person" | "shared" | "teller" | null;
  heard_in: string | null;
  character: string;
}

/** How the author would have a word said. */
export interface ProposedPronunciation {
  word: string;
  say: string;
}

/** Where the owner of a story is told what becomes of it. */
export interface StoryWebhook {
  url: string;
}

/** A task. `progress` is in percent and never goes back; `error` is a sentence for a person. */
export interface Task {
  task_id: string;
  story_id: string;
  kind: "audio" | "audiobook" | "book" | "story";
  status: "cancelled" | "completed" | "failed" | "queued" | "running";
  progress: number;
  message: string;
  error: string | null;
  error_code: "budget_exceeded" | "content_refused" | "internal" | "invalid_credentials" | "invalid_output" | "provider_rejected" | "provider_unavailable" | "quota_exceeded" | "timeout" | null;
  result: TaskResult | null;
  created_at: string;
  updated_at: string;
}

/** The result of a completed task. */
export interface TaskResult {
  story_id: string;
  chapters: Array<number>;
}

/** The paid calls of a month. */
export interface Usage {
  month: string;
  currency: string;
  total: Purchases;
  stories: Array<StoryPurchases>;
}

/** The sum of paid calls. `cached_tokens` are part of `input_tokens`; the cost is at list prices.
 *
 * `uncertain_calls`: those of the `calls` that were never answered; they may or may not have been billed. */
export interface Purchases {
  calls: number;
  uncertain_calls: number;
  input_tokens: number;
  cached_tokens: number;
  output_tokens: number;
  characters: number;
  cost_usd: number;
}

/** The paid calls for one story; `title` is null once the story is deleted. */
export interface StoryPurchases {
  story_id: string;
  calls: number;
  uncertain_calls: number;
  input_tokens: number;
  cached_tokens: number;
  output_tokens: number;
  characters: number;
  cost_usd: number;
  title: string | null;
}

/** The earlier texts of a chapter, newest first. */
export interface Versions {
  versions: Array<Version>;
}

/** An earlier text of a chapter. `words` are those that it would have in English; `audio`: it was narrated. */
export interface Version {
  version: string;
  made_at: string;
  by: "author" | "person";
  words: number;
  audio: boolean;
}

/** The configured voices. `prices_as_of` is the month of the list prices that estimates are made with.
 *
 * `performs_directions`: whether the narrator's model does. Where it does not, none are bought. */
export interface Voices {
  voices: Array<CastVoice>;
  performs_directions: boolean;
  prices_as_of: string;
}

/** A voice that can be chosen; `narrator`: it tells the story unless another one is chosen.
 *
 * `available`: whether the narrator's account has it; null where that is not known. `configured` is false for one of
 * the account's others, which take the place of configured ones that are not available. `preview_url` is a sample,
 * free of charge, or null. */
export interface CastVoice {
  voice_id: string;
  name: string;
  role: string;
  gender: "female" | "male" | "neutral";
  age: "child" | "middle-aged" | "old" | "young";
  accent: string;
  description: string;
  languages?: Array<string>;
  settings?: Record<string, number | boolean>;
  narrator: boolean;
  available: boolean | null;
  configured: boolean;
  preview_url: string | null;
}

export interface Get {
  "/stories/{story_id}/chapters/{number}": { parameters: { story_id: string; number: number }; body: undefined; response: ChapterAlone };
  "/stories/{story_id}/chapters/{number}/captions": { parameters: { story_id: string; number: number }; body: undefined; response: string };
  "/stories/{story_id}/chapters/{number}/versions": { parameters: { story_id: string; number: number }; body: undefined; response: Versions };
  "/stories/{story_id}/place": { parameters: { story_id: string }; body: undefined; response: Place };
  "/stories/{story_id}/bookmarks": { parameters: { story_id: string }; body: undefined; response: Bookmarks };
  "/usage": { parameters: { month?: string }; body: undefined; response: Usage };
  "/budget": { parameters: Record<string, never>; body: undefined; response: Budget };
  "/sw.js": { parameters: Record<string, never>; body: undefined; response: string };
  "/health": { parameters: Record<string, never>; body: undefined; response: Health };
  "/stories/{story_id}/shares": { parameters: { story_id: string }; body: undefined; response: ListedShares };
  "/stories": { parameters: { limit?: number; cursor?: string }; body: undefined; response: Stories };
  "/stories/{story_id}": { parameters: { story_id: string }; body: undefined; response: Story };
  "/tasks/{task_id}": { parameters: { task_id: string }; body: undefined; response: Task };
  "/voices": { parameters: Record<string, never>; body: undefined; response: Voices };
}

export interface Post {
  "/stories/{story_id}/book": { parameters: { story_id: string }; body: Nothing; response: Task };
  "/stories/{story_id}/chapters/{number}/restore": { parameters: { story_id: string; number: number }; body: Restore; response: ChapterAlone };
  "/stories/{story_id}/chapters/{number}/rewrite": { parameters: { story_id: string; number: number }; body: Rewrite; response: Task };
  "/stories/{story_id}/shares": { parameters: { story_id: string }; body: MakeShare; response: MadeShare };
  "/stories": { parameters: Record<string, never>; body: CreateStory; response: Story };
  "/stories/{story_id}/generate": { parameters: { story_id: string }; body: Generate; response: Started };
  "/stories/{story_id}/audio": { parameters: { story_id: string }; body: Narrate; response: Started };
  "/stories/{story_id}/estimate": { parameters: { story_id: string }; body: Estimate; response: Estimated };
  "/tasks/{task_id}/retry": { parameters: { task_id: string }; body: Nothing; response: Task };
  "/tasks/{task_id}/cancel": { parameters: { task_id: string }; body: Nothing; response: Task };
}

export interface Put {
  "/stories/{story_id}/chapters/{number}/script": { parameters: { story_id: string; number: number }; body: EditScript; response: ChapterAlone };
  "/stories/{story_id}/place": { parameters: { story_id: string }; body: PutPlace; response: Place };
  "/stories/{story_id}/bookmarks": { parameters: { story_id: string }; body: PutBookmarks; response: Bookmarks };
  "/stories/{story_id}/webhook": { parameters: { story_id: string }; body: PutWebhook; response: RegisteredWebhook };
}

export interface Patch {
  "/stories/{story_id}/chapters/{number}": { parameters: { story_id: string; number: number }; body: ChangeChapter; response: ChapterAlone };
  "/stories/{story_id}": { parameters: { story_id: string }; body: ChangeStory; response: Story };
}

export interface Delete {
  "/stories/{story_id}/shares/{share_id}": { parameters: { story_id: string; share_id: string }; body: undefined; response: undefined };
  "/stories/{story_id}": { parameters: { story_id: string }; body: undefined; response: undefined };
  "/stories/{story_id}/webhook": { parameters: { story_id: string }; body: undefined; response: undefined };
}
