/** The addresses of views, behind the # of the page: templates such as `story/{story_id}/{number}`. */

import { PARAMETERS } from "./limits.js";

/** @typedef {{ pattern?: string, minimum?: number, maximum?: number }} ParameterLimits */

/** @type {Readonly<Record<string, ParameterLimits>>} */
const limits = PARAMETERS;

/**
 * Tell whether a text can be the value of a parameter of the API.
 * @param {keyof typeof PARAMETERS} name
 * @param {string} text
 */
export const isValue = (name, text) => fits(limits[name], text);

/**
 * Return the values of the template's parameters, in order, or null if it does not match the address.
 * @param {string} template
 * @param {string} address
 */
export function matchAddress(template, address) {
  const expected = template.split("/");
  const given = address.split("/");
  if (given.length !== expected.length) return null;
  const values = [];
  for (const [at, text] of given.entries()) {
    const name = /^\{(\w+)\}$/.exec(expected[at] ?? "")?.[1];
    if (name ? !fits(limits[name], text) : text !== expected[at]) return null;
    if (name) values.push(text);
  }
  return values;
}

/**
 * @param {ParameterLimits | undefined} parameter
 * @param {string} text
 */
function fits(parameter, text) {
  if (parameter?.pattern) return new RegExp(parameter.pattern).test(text);
  const { minimum, maximum } = parameter ?? {};
  if (minimum === undefined || maximum === undefined) return false;
  return /^[1-9]\d*$/.test(text) && Number(text) >= minimum && Number(text) <= maximum;
}
