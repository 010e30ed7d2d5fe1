/** The API: requests with the token, answers as JSON, errors as sentences. */

import { token } from "./store.js";

const PATIENCE_MS = 35_000;

/** What went wrong, as a sentence for a person; `status` is 0 when there was no answer at all. */
export class ApiError extends Error {
  constructor(status, message) {
    super(message);
    this.status = status;
  }
}

/** Told when a token is not (or no longer) accepted. */
export const authorization = { refused: () => {} };

/** Keys of POSTs that got no answer: the same one sent again is recognised, and done once. */
const unanswered = new Map();

/** GET as JSON, or as text. */
export const get = (path, as = "json") => send("GET", path, undefined, {}, as);

/** PUT a JSON body. */
export const put = (path, body) => send("PUT", path, JSON.stringify(body));

/** DELETE. */
export const remove = (path) => send("DELETE", path);

/** POST a JSON body, once however often it is sent. */
export async function post(path, body = {}) {
  const text = JSON.stringify(body);
  const intent = `${path} ${text}`;
  const key = unanswered.get(intent) ?? randomKey();
  unanswered.set(intent, key);
  try {
    const answer = await send("POST", path, text, { "Idempotency-Key": key });
    unanswered.delete(intent);
    return answer;
  } catch (error) {
    if (error.status > 0 && error.status < 500) unanswered.delete(intent);
    throw error;
  }
}

async function send(method, path, body, headers = {}, as = "json") {
  const kind = body === undefined ? {} : { "Content-Type": "application/json" };
  let response;
  let text;
  try {
    response = await fetch(new URL(path, document.baseURI), {
      method,
      body,
      headers: { Authorization: `Bearer ${token()}`, ...kind, ...headers },
      signal: AbortSignal.timeout(PATIENCE_MS),
    });
    text = await response.text();
  } catch {
    throw new ApiError(0, noAnswer());
  }
  if (response.ok) return as === "json" && text ? JSON.parse(text) : text;
  throw failureOf(response.status, text, response.headers.get("x-request-id"));
}

function noAnswer() {
  return navigator.onLine ? "Fireside does not answer at the moment." : "You are offline; Fireside cannot be reached.";
}

/** API Gateway refuses a token with 401 or 403; Fireside itself answers what is not one's own with 404. */
function failureOf(status, text, id) {
  if (status === 401 || status === 403) {
    authorization.refused();
    return new ApiError(401, "Fireside does not accept the token; sign in again.");
  }
  if (status === 429) return new ApiError(status, "Fireside is very busy; try again in a moment.");
  const sentence = sentenceIn(text) ?? "Something went wrong inside Fireside; try again.";
  return new ApiError(status, status < 500 || !id ? sentence : `${sentence} (id ${id})`); // for whoever reads the logs
}

function sentenceIn(text) {
  try {
    return JSON.parse(text).Message;
  } catch {
    return undefined;
  }
}

function randomKey() {
  return Array.from(crypto.getRandomValues(new Uint8Array(16)), (byte) => byte.toString(16).padStart(2, "0")).join("");
}
