// SPDX-License-Identifier: Apache-2.0
// What is asked of the appliance, and the token that others than its own host need.

class Refused extends Error {}

const storage = () => {
  try {
    return sessionStorage;
  } catch {
    return null;  // it is forbidden: the token lasts as long as the page
  }
};
let token = storage()?.getItem("token") ?? null;

export const isRefused = (error) => error instanceof Refused;

export function setToken(text) {
  token = text;
  storage()?.setItem("token", text);
}

export async function ask(path) {
  const headers = token === null ? {} : { Authorization: `Bearer ${token}` };
  const answer = await fetch(path, { cache: "no-store", headers });
  if (answer.status === 401) throw new Refused();
  if (!answer.ok) throw new Error(`${path}: ${answer.status}`);
  return answer.json();
}
