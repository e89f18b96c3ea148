// Which language the page speaks: the one chosen before, else the browser's.

import { words } from "./words.js";
import { lasting } from "./keepsakes.js";

const key = "hongbao.language";
let current = words[lasting.get(key)] ? lasting.get(key) : browsers();

function browsers() {
  return (navigator.languages?.[0] ?? navigator.language ?? "en").toLowerCase().startsWith("zh") ? "zh" : "en";
}

export function language() {
  return current;
}

export function switchLanguage() {
  current = current === "en" ? "zh" : "en";
  lasting.set(key, current);
}

/** The words of the current language. */
export function say() {
  return words[current];
}

/** The current language's of {en, zh}. */
export function pick(text) {
  return text?.[current] ?? text?.en ?? "";
}

/** "dragon-tide" as a person would write it: the last resort where no name is known. */
export function spelledOut(id) {
  const text = id.replaceAll("-", " ");
  return text.charAt(0).toUpperCase() + text.slice(1);
}

export function day(time) {
  const date = new Date(time);
  if (Number.isNaN(date.getTime())) return "";
  return new Intl.DateTimeFormat(current === "zh" ? "zh-CN" : "en-GB", { dateStyle: "medium" }).format(date);
}

export function series(names) {
  return new Intl.ListFormat(current === "zh" ? "zh-CN" : "en-GB").format(names);
}
