// The campaign and its catalog: names of games and regions, what is in a gift, where claims go. A page without
// them still works, with ids for names and claims to the same server.

import { ask, Refusal } from "./wire.js";
import { pick, spelledOut, say, language } from "./language.js";

export const festival = { campaign: null, games: new Map(), gifts: new Map() };
let isKnown = false;

/** Fetches both documents. Throws NoAnswer where nobody answers; one that is not there is done without. */
export async function loadFestival() {
  if (isKnown) return;
  const campaign = await optional("/v1/campaign");
  if (!campaign) {
    isKnown = true;
    return;
  }
  festival.campaign = campaign;
  const catalog = campaign.catalog ? await optional(campaign.catalog) : null;
  for (const game of catalog?.games ?? []) festival.games.set(game.id, game);
  for (const gift of catalog?.gifts ?? []) festival.gifts.set(gift.id, gift);
  isKnown = true;
}

async function optional(path) {
  try {
    return (await ask(path)).body;
  } catch (error) {
    if (error instanceof Refusal && error.status === 404) return null;
    throw error;
  }
}

/** Where claims and orders are, without a slash at the end. */
export async function claimBase() {
  await loadFestival();
  return (festival.campaign?.claims ?? "").replace(/\/+$/, "");
}

export function gameName(id) {
  return pick(festival.games.get(id)?.name) || spelledOut(id);
}

export function regionName(game, id) {
  const region = festival.games.get(game)?.regions?.find((region) => region.id === id);
  return pick(region?.name) || spelledOut(id);
}

/** What is in a gift, in words; empty where it is not known. Items have ids only, which are English. */
export function contents(giftID) {
  const items = festival.gifts.get(giftID)?.items ?? [];
  if (items.length === 0) return "";
  const names = items.map((item) => pick(item.name) || (language() === "en" ? spelledOut(item.id) : ""));
  if (names.includes("")) return say().itemCount(items.length);
  return items.map((item, place) => say().item(names[place], item.count)).join(" · ");
}
