/** The API: requests with the token, answers as JSON, errors as sentences. */

/** @import { Delete, Get, Patch, Post, Put } from "../types/openapi.d.ts" */

import { token } from "./store.js";

const TIMEOUT_MS = 35_000;

/** @typedef {Readonly<Record<string, string | number | undefined>>} Parameters */

/** A request that failed. `message` is a sentence for a person; `status` is 0 when there was no answer at all. */
export class ApiError extends Error {
  /** @param {number} status @param {string} message */
  constructor(status, message) {
    super(message);
    this.status = status;
  }
}

/**
 * Return what was thrown as an error with a message.
 * @param {unknown} thrown
 */
export const toError = (thrown) => (thrown instanceof Error ? thrown : new Error(String(thrown)));

/** What is called when a token is not, or no longer, accepted. */
export const authorization = { onRefused: () => {} };

/**
 * What answers a GET of an address where the server cannot be reached: undefined for nothing. `onUsed` is told whether
 * the last answer was one of these.
 * @type {{ answer: (address: string) => Promise<unknown>, onUsed: (used: boolean) => void }}
 */
export const device = { answer: async () => undefined, onUsed: () => {} };

/** Answers that came from the device.
 * @type {WeakSet<object>}
 */
const fromDevice = new WeakSet();

/**
 * Tell whether an answer came from the device, and so may be an old one.
 * @param {object | null} answer
 */
export const isFromDevice = (answer) => answer !== null && fromDevice.has(answer);

/**
 * Keys of POSTs that got no answer: the server recognizes the same one when it is sent again, and acts once.
 * @type {Map<string, string>}
 */
const unanswered = new Map();

/**
 * GET a resource.
 * @template {keyof Get} Path
 * @param {Path} path
 * @param {Get[Path]["parameters"]} parameters
 */
export async function get(path, parameters) {
  const address = addressOf(path, parameters);
  try {
    const answer = await send("GET", address);
    device.onUsed(false);
    return /** @type {Get[Path]["response"]} */ (answer);
  } catch (error) {
    if (!(error instanceof ApiError) || error.status !== 0) throw error;
    const kept = await device.answer(address);
    if (kept === undefined) throw error;
    device.onUsed(true);
    if (typeof kept === "object" && kept !== null) fromDevice.add(kept);
    return /** @type {Get[Path]["response"]} */ (kept);
  }
}

/**
 * PUT a JSON body.
 * @template {keyof Put} Path
 * @param {Path} path
 * @param {Put[Path]["parameters"]} parameters
 * @param {Put[Path]["body"]} body
 * @param {{ keepalive?: boolean }} [options] `keepalive`: it is sent although the page is being closed
 */
export async function put(path, parameters, body, { keepalive = false } = {}) {
  const answer = await send("PUT", addressOf(path, parameters), JSON.stringify(body), {}, keepalive);
  return /** @type {Put[Path]["response"]} */ (answer);
}

/**
 * DELETE a resource.
 * @template {keyof Delete} Path
 * @param {Path} path
 * @param {Delete[Path]["parameters"]} parameters
 */
export async function remove(path, parameters) {
  await send("DELETE", addressOf(path, parameters));
}

/**
 * PATCH with a JSON body.
 * @template {keyof Patch} Path
 * @param {Path} path
 * @param {Patch[Path]["parameters"]} parameters
 * @param {Patch[Path]["body"]} body
 */
export async function patch(path, parameters, body) {
  return /** @type {Patch[Path]["response"]} */ (
    await send("PATCH", addressOf(path, parameters), JSON.stringify(body))
  );
}

/**
 * POST a JSON body; the server acts once, however often it is sent.
 * @template {keyof Post} Path
 * @param {Path} path
 * @param {Post[Path]["parameters"]} parameters
 * @param {Post[Path]["body"]} body
 */
export async function post(path, parameters, body) {
  const address = addressOf(path, parameters);
  const text = JSON.stringify(body);
  const intent = `${address} ${text}`;
  const key = unanswered.get(intent) ?? randomKey();
  unanswered.set(intent, key);
  try {
    const answer = await send("POST", address, text, { "Idempotency-Key": key });
    unanswered.delete(intent);
    return /** @type {Post[Path]["response"]} */ (answer);
  } catch (error) {
    if (error instanceof ApiError && error.status > 0 && error.status < 500) unanswered.delete(intent);
    throw error;
  }
}

/**
 * Return the address of a path such as `/tasks/{task_id}`, relative to the page; what the path does not name goes into
 * the query.
 * @param {string} path
 * @param {Parameters} parameters
 */
export function addressOf(path, parameters) {
  const query = new URLSearchParams();
  let address = path.slice(1);
  for (const [name, value] of Object.entries(parameters)) {
    if (address.includes(`{${name}}`)) address = address.replace(`{${name}}`, encodeURIComponent(String(value)));
    else if (value !== undefined) query.set(name, String(value));
  }
  return query.size ? `${address}?${query}` : address;
}

/**
 * Send a request; return the decoded JSON, or the text of an answer that is none.
 * @param {string} method
 * @param {string} address
 * @param {string} [body]
 * @param {Record<string, string>} [headers]
 * @param {boolean} [keepalive]
 * @returns {Promise<unknown>}
 */
async function send(method, address, body, headers = {}, keepalive = false) {
  const contentType = body === undefined ? {} : { "Content-Type": "application/json" };
  let response;
  let text;
  try {
    response = await fetch(new URL(address, document.baseURI), {
      method,
      body: body ?? null,
      headers: { Authorization: `Bearer ${token()}`, ...contentType, ...headers },
      signal: AbortSignal.timeout(TIMEOUT_MS),
      keepalive,
    });
    readClock(response.headers.get("Date"));
    text = await response.text();
  } catch {
    throw new ApiError(0, noAnswer());
  }
  if (!response.ok) throw failureOf(response.status, text, response.headers.get("x-request-id"));
  const isJson = response.headers.get("Content-Type")?.startsWith("application/json");
  return isJson && text ? JSON.parse(text) : text; // a 204 says that it is JSON, and is empty
}

/** How far the server's clock is ahead of this device's, in milliseconds, if by more than an answer may take. */
let ahead = 0;
const NOISE_MS = 10_000;

/** @param {string | null} date */
function readClock(date) {
  const difference = Date.parse(date ?? "") - Date.now();
  if (!Number.isNaN(difference)) ahead = Math.abs(difference) > NOISE_MS ? difference : 0;
}

/** Return the time by the server's clock, as far as it is known: devices whose clocks differ write to one list. */
export const serverNow = () => Date.now() + ahead;

function noAnswer() {
  return navigator.onLine ? "Fireside is not answering right now." : "You are offline; Fireside cannot be reached.";
}

/**
 * API Gateway refuses a token with 401 or 403; Fireside itself answers 404 for what belongs to another user.
 * @param {number} status
 * @param {string} text
 * @param {string | null} requestId
 */
function failureOf(status, text, requestId) {
  if (status === 401 || status === 403) {
    authorization.onRefused();
    return new ApiError(401, "Fireside does not accept this token. Please sign in again.");
  }
  if (status === 429) return new ApiError(status, "Fireside is very busy. Try again in a moment.");
  const sentence = messageIn(text) ?? "Something went wrong inside Fireside. Try again.";
  // With the id, the operator of this Fireside finds the request in the logs.
  return new ApiError(status, status >= 500 && requestId ? `${sentence} (id ${requestId})` : sentence);
}

/** @param {string} text @returns {string | undefined} */
function messageIn(text) {
  try {
    return JSON.parse(text).Message;
  } catch {
    return undefined;
  }
}

function randomKey() {
  return Array.from(crypto.getRandomValues(new Uint8Array(16)), (byte) => byte.toString(16).padStart(2, "0")).join("");
}
