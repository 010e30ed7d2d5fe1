/** Who speaks with which voice: the narrator, and any characters the author must then use. */

import { allVoices } from "./catalogue.js";
import { button, el, setText } from "./dom.js";
import { failure } from "./notices.js";

const MAX_NAME = 60;

/**
 * The fieldset. `value()` gives the voices as the API takes them or null where a row is wrong, `draft()` and
 * `fill(draft)` what is typed in; `changed()` is called when a row is removed.
 */
export function voiceFields(signal, changed) {
  const body = el("div");
  const wrong = el("p", { class: "complaint", id: "voices-error" });
  const node = el("fieldset", { class: "voices", "aria-describedby": "voices-error" }, el("legend", {}, "Voices"));
  node.append(el("p", { class: "hint" }, "All other characters are cast by who they are."), body, wrong);
  const rows = [];
  let kept = { narrator: "", characters: [] };
  let narrator = null;
  let voices = [];
  let serial = 0;

  async function load() {
    body.replaceChildren(el("p", { class: "loading" }, "Fetching the voices…"));
    try {
      voices = await allVoices();
      if (!signal.aborted) draw();
    } catch (error) {
      if (!signal.aborted) body.replaceChildren(failure(error, load));
    }
  }

  function draw() {
    const standard = voices.find((voice) => voice.narrator) ?? voices[0];
    narrator = voiceSelect("narrator", "Narrator", voices, kept.narrator || standard?.voice_id);
    narrator.standard = standard?.voice_id;
    const list = el("div", { class: "rows" });
    const add = button("Add a voice", () => addRow(list, { name: "", voice: "" }).name.focus());
    body.replaceChildren(narrator.node, list, add);
    for (const character of kept.characters) addRow(list, character);
  }

  function addRow(list, character) {
    const id = `voice-${++serial}`;
    const name = el("input", { id: `${id}-name`, value: character.name, autocomplete: "off" });
    const select = voiceSelect(id, "Voice", voices, character.voice || voices[serial % voices.length].voice_id);
    const drop = button("Remove", () => {
      rows.splice(rows.indexOf(row), 1);
      row.node.remove();
      changed();
      (list.querySelector("input") ?? narrator.select).focus();
    });
    drop.className = "quiet";
    const row = { name, select: select.select };
    row.node = el(
      "div",
      { class: "voice-row", role: "group", "aria-label": "A character’s voice" },
      el("div", { class: "field" }, el("label", { for: `${id}-name` }, "Character name"), name),
      select.node,
      drop,
    );
    rows.push(row);
    list.append(row.node);
    return row;
  }

  function value() {
    const chosen = {};
    if (narrator && narrator.select.value !== narrator.standard) chosen.Narrator = narrator.select.value;
    for (const { name, select } of rows) {
      const text = name.value.trim();
      const problem = problemOf(text, chosen);
      setText(wrong, problem);
      name.setAttribute("aria-invalid", String(Boolean(problem)));
      if (problem) {
        name.focus();
        return null;
      }
      chosen[text] = select.value;
    }
    return chosen;
  }

  const draft = () => {
    if (!narrator) return kept;
    const characters = rows.map(({ name, select }) => ({ name: name.value, voice: select.value }));
    return { narrator: narrator.select.value, characters };
  };
  const fill = (draftVoices) => {
    kept = draftVoices ?? kept;
    load();
  };
  return { node, value, draft, fill, error: (text) => setText(wrong, text) };
}

function problemOf(name, chosen) {
  if (!name) return "Give the character a name, or remove the voice.";
  if ([...name].length > MAX_NAME) return `A name has at most ${MAX_NAME} characters.`;
  if (name === "Narrator") return "The narrator’s voice is chosen above.";
  return Object.hasOwn(chosen, name) ? `${name} has two voices; keep one.` : "";
}

function voiceSelect(id, label, voices, chosen) {
  const select = el("select", { id, "aria-describedby": `${id}-is` });
  for (const { voice_id, name, gender, age } of voices) {
    select.append(el("option", { value: voice_id }, `${name} (${[age, gender].filter(Boolean).join(", ")})`));
  }
  select.value = chosen;
  const is = el("p", { class: "hint", id: `${id}-is` });
  const describe = () => {
    const voice = voices.find(({ voice_id }) => voice_id === select.value);
    setText(is, voice ? `${voice.description} ${capital(voice.accent)} accent.` : "");
  };
  select.addEventListener("change", describe);
  describe();
  return { node: el("div", { class: "field" }, el("label", { for: id }, label), select, is), select };
}

const capital = (text) => text.charAt(0).toUpperCase() + text.slice(1);
