/** Who speaks in which voice, in words: what a voice is like, why it is somebody's, and what a change of it means. */

/** @import { CastMember, CastVoice, Story, UnavailableVoice } from "../types/openapi.d.ts" */

import { dollars, plural } from "./format.js";

/** @typedef {ReadonlyMap<string, CastVoice>} VoicesById */

const NARRATOR = "Narrator";
const LEAST_SHOWN = 0.005;
/** So many names can be read in a sentence. */
const MOST_NAMES = 5;

const lists = new Intl.ListFormat("en");

/** `Ada, Mira, and Tom`. @param {readonly string[]} names */
export const listed = (names) => lists.format(names);

/**
 * Name a speaker at the start of a sentence.
 * @param {string} speaker
 */
export const speakerName = (speaker) => (speaker === NARRATOR ? "The narrator" : speaker);

/** @param {string} speaker */
const withinSentence = (speaker) => (speaker === NARRATOR ? "the narrator" : speaker);

/**
 * Return the cast with their voices, the narrator first. Until there is a plan, it is whom a person chose a voice for.
 * @param {Pick<Story, "casting" | "voices">} story
 * @returns {CastMember[]}
 */
export function castOf({ casting, voices }) {
  if (casting.length) return casting;
  return Object.entries(voices).map(([speaker, voice_id]) => ({
    speaker,
    voice_id,
    reason: "person",
    heard_in: null,
    character: "",
  }));
}

/**
 * Return the id of the voice in which a speaker is heard: their own, or the one that stands in for it.
 * @param {Pick<Story, "casting" | "voices">} story
 * @param {string} speaker
 */
export function heardVoice({ casting, voices }, speaker) {
  const member = casting.find((one) => one.speaker === speaker);
  return member?.heard_in ?? voices[speaker] ?? "";
}

/** `Middle-aged, female, Swedish accent`. @param {Pick<CastVoice, "age" | "gender" | "accent">} voice */
export function voiceTraits({ age, gender, accent }) {
  const traits = [age, gender, accent && `${capitalized(accent)} accent`].filter(Boolean).join(", ");
  return capitalized(traits);
}

/** @param {string} text */
export const capitalized = (text) => text.charAt(0).toUpperCase() + text.slice(1);

/**
 * `Keeper of the lamp. Kind, and quick to laugh.`, of a role and a description.
 * @param {string} character
 */
export const characterWords = (character) =>
  character
    .split("; ")
    .map((part) => capitalized(part).replace(/[^.!?…]$/u, "$&."))
    .join(" ");

/**
 * Name a voice in a list to choose from; `holders` are those who speak with it already.
 * @param {CastVoice} voice
 * @param {readonly string[]} [holders]
 */
export function voiceLabel({ name, age, gender, available }, holders = []) {
  const notes = [holders.length && `also ${listed(holders)}`, available === false && "not available"].filter(Boolean);
  return [[name, age, gender].filter(Boolean).join(", "), ...notes.map((note) => `(${note})`)].join(" ");
}

/**
 * Return who speaks with each voice of a cast, besides one of them, by the voice's id.
 * @param {readonly CastMember[]} members
 * @param {string} besides
 */
export function holdersOf(members, besides) {
  /** @type {Map<string, string[]>} */
  const holders = new Map();
  for (const { speaker, voice_id } of members) {
    if (voice_id && speaker !== besides) holders.set(voice_id, [...(holders.get(voice_id) ?? []), speaker]);
  }
  return holders;
}

/**
 * Say why a voice is somebody's; "" where it is not known.
 * @param {CastMember} member
 * @param {readonly CastMember[]} members all of the cast
 * @param {boolean} continues whether the story is a next book
 */
export function reasonSentence(member, members, continues) {
  const others = members.filter(({ speaker, voice_id }) => speaker !== member.speaker && voice_id === member.voice_id);
  if (member.reason === "teller") return tellerSentence(member, others);
  const names = others.filter(({ reason }) => reason !== "teller").map(({ speaker }) => withinSentence(speaker));
  const too = names.length ? `${listed(names)} ${names.length > 1 ? "have" : "has"} it, too.` : "";
  if (member.reason === "shared") return too ? `It fits; ${too}` : "It fits best.";
  const kept = continues ? "As in the book before." : "As before.";
  const sentences = { person: "You chose it.", kept, author: "The author chose it.", fit: "It fits best." };
  return [member.reason && sentences[member.reason], capitalized(too)].filter(Boolean).join(" ");
}

/**
 * @param {CastMember} member
 * @param {readonly CastMember[]} others who have the same voice
 */
function tellerSentence({ speaker }, others) {
  if (speaker !== NARRATOR) return "Their own voice, since they tell the story.";
  const [teller] = others.map((other) => other.speaker);
  return teller ? `The voice of ${teller}, who tells the story.` : "The voice of the one who tells the story.";
}

/**
 * Say which voice is heard because theirs is not available, and what can be done; "" where all is well.
 * @param {Pick<CastMember, "voice_id" | "heard_in">} member
 * @param {VoicesById} voices
 */
export function missingSentence({ voice_id, heard_in }, voices) {
  const own = voices.get(voice_id ?? "");
  const name = own?.name ?? "Their voice";
  const heard = heard_in && (voices.get(heard_in)?.name ?? "another voice");
  if (heard && own?.available) return `${name} was not available: ${heard} is heard instead. Choose ${name} again.`;
  if (!heard && own?.available !== false) return "";
  const instead = heard ? `${heard} is heard instead` : "another voice will be heard instead";
  const account = own ? `, or have ${name} added to your narrator’s account` : "";
  return `${name} is not available now: ${instead}. Choose another voice${account}.`;
}

/**
 * Say how many of a cast's voices are not available; "" where all are.
 * @param {readonly CastMember[]} members
 * @param {VoicesById} voices
 */
export function missingCount(members, voices) {
  const missing = new Set(members.filter((one) => missingSentence(one, voices)).map(({ voice_id }) => voice_id)).size;
  return missing ? `${plural(missing, "voice")} ${missing > 1 ? "are" : "is"} not available` : "";
}

/**
 * Say who speaks with which voice from now on.
 * @param {string} speaker
 * @param {string} voice
 */
export const changedSentence = (speaker, voice) =>
  `${speakerName(speaker)} speaks with ${voice || "another"}${voice && "’s"} voice from now on.`;

/**
 * Say that somebody has their earlier voice again.
 * @param {string} speaker
 * @param {string} voice
 */
export const backSentence = (speaker, voice) =>
  `${speakerName(speaker)} has ${voice ? `${voice}’s` : "the earlier"} voice again.`;

/**
 * List the chapters whose sound is out of date, by number.
 * @param {Pick<Story, "chapters">} story
 */
export const outOfDate = ({ chapters }) =>
  chapters.filter(({ audio }) => audio?.out_of_date).map(({ number }) => number);

/**
 * Say what narrating chapters again costs that are out of date.
 * @param {number} chapters how many
 * @param {number | null} cost in dollars; null as long as it is not known
 * @param {boolean} [free] whether the voices are a demonstration
 */
export function againSentence(chapters, cost, free = false) {
  if (!chapters) return "";
  const [are, them] = chapters > 1 ? ["are", "them"] : ["is", "it"];
  const stale = `${plural(chapters, "chapter")} ${are} out of date`;
  if (cost === null) return `${stale}.`;
  if (!cost) return `${stale}; narrating ${them} again costs nothing, since every line is there already.`;
  const price = cost < LEAST_SHOWN ? dollars(cost) : `about ${dollars(cost)}`;
  if (free) return `${stale}; narrating ${them} again would cost ${price} with real voices. Here nothing is charged.`;
  return `${stale}; narrating ${them} again costs ${price}.`;
}

/**
 * Say which voices others are heard in place of, before anything is bought; "" where all are there.
 * @param {readonly UnavailableVoice[]} voices
 */
export function unavailableSentence(voices) {
  if (!voices.length) return "";
  const shown = voices.length > MOST_NAMES ? voices.slice(0, MOST_NAMES - 1) : voices;
  const names = shown.map(({ name, speakers }) =>
    speakers.length ? `${name} (for ${listed(speakers.map(withinSentence))})` : name,
  );
  const rest = voices.length - shown.length;
  const all = listed(rest ? [...names, plural(rest, "other")] : names);
  return voices.length === 1
    ? `${all} is not in your narrator’s account: another voice is heard instead.`
    : `${all} are not in your narrator’s account: other voices are heard in their place.`;
}
