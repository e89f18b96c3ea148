// The page of a coupon's holder: the list, the choice, the claim, the order. What it shows is computed from
// `state` by the modules beside it; this one fetches, and tells them when something has changed.

import { Claim } from "./claim.js";
import { festival, gameName, loadFestival } from "./festival.js";
import { showGifts } from "./gifts.js";
import { takePapers } from "./keepsakes.js";
import { day, language, pick, say, series, switchLanguage } from "./language.js";
import { showOrder } from "./order.js";
import { announce, find, goTo, make } from "./page.js";
import { askWhom, prepareSheet, renderSheet } from "./sheet.js";
import { ask, NoAnswer, Patience } from "./wire.js";

/** A list older than this is fetched again when the person comes back to the page. */
const freshMs = 15_000;

const papers = takePapers();
const state = { list: null, trouble: null, asking: null, notes: new Map(), fetchedAt: 0, isSpent: false };
const patience = new Patience(1000, 30_000);
const claim = new Claim(papers ?? { ticket: "", coupon: null }, claimChanged);
let retry = null;

// MARK: Showing

function showAll() {
  document.documentElement.lang = language() === "zh" ? "zh-CN" : "en";
  const tongue = find("tongue");
  tongue.textContent = say().otherTongue;
  tongue.lang = language() === "zh" ? "en" : "zh-CN";
  showTitle();
  showTicket();
  showOrder(claim, { retry: () => claim.retry(), leave: leaveOrder });
  showList();
  renderSheet();
  find("footer").textContent = say().footer;
}

function showTitle() {
  const title = pick(festival.campaign?.title) || say().title;
  find("title").textContent = title;
  document.title = title;
  const { opens_at: opens, closes_at: closes } = festival.campaign ?? {};
  const isAhead = opens && Date.parse(opens) > Date.now();
  find("closes").textContent = isAhead ? say().opens(day(opens)) : closes ? say().closes(day(closes)) : "";
}

function showTicket() {
  const kind = !papers ? "noPapers" : !papers.coupon ? "couponNone" : state.isSpent ? "couponSpent"
    : claim.phase === "placed" ? "couponSpent" : claim.hasCoupon ? "couponBusy" : "coupon";
  find("ticket").className = `ticket is-${kind}`;
  find("ticket-title").textContent = say()[`${kind}Title`];
  find("ticket-note").textContent = say()[`${kind}Note`];
}

function showList() {
  find("gifts").hidden = !papers;
  const isUsed = claim.hasCoupon || state.isSpent;
  const canClaim = Boolean(papers?.coupon) && !isUsed;
  showGifts({ ...state, claim, canClaim, isUsed }, { choose, refresh, reload: () => fetchList() });
  const banner = find("banner");
  banner.hidden = !state.list?.degraded;
  if (banner.hidden) return banner.replaceChildren();
  const games = (state.list.missing ?? []).map(gameName);
  banner.replaceChildren(
    make("p", { text: games.length > 0 ? say().degradedGames(series(games)) : say().degraded }),
    make("button", {
      class: "button is-quiet", type: "button", text: say().refreshList, data: { key: "refresh list" },
      on: { click: () => fetchList() },
    }));
}

// MARK: The list

async function fetchList() {
  clearTimeout(retry);
  try {
    const { body } = await ask("/v1/gifts", { ticket: papers.ticket });
    gotList(body);
    patience.restart();
  } catch (error) {
    listFailed(error);
  }
}

function gotList(list) {
  Object.assign(state, { list, trouble: null, fetchedAt: Date.now() });
  showList();
  announce(say().giftsCount(list.gifts.filter((gift) => gift.claimable === true).length));
}

function listFailed(error) {
  const isForNow = error instanceof NoAnswer || error.isForNow;
  if (isForNow) retry = setTimeout(fetchList, patience.step(error.retryAfterS ?? null));
  // A list that is there stays, and is fetched again quietly.
  if (state.list && isForNow) return;
  const words = error instanceof NoAnswer ? "listAway" : error.isForNow ? "listBusy"
    : { 401: "listDenied", 404: "listGone", 410: "listOver" }[error.status] ?? "listFault";
  Object.assign(state, { list: null, trouble: { words, canRetry: isForNow || words === "listFault" } });
  showList();
}

/** Has the game asked anew: the person says that there is something new to find out. */
async function refresh(gift) {
  state.asking = gift.game;
  state.notes.delete(gift.id);
  showList();
  announce(say().asking);
  let note;
  try {
    const path = `/v1/gifts/refresh?game=${encodeURIComponent(gift.game)}`;
    const { body } = await ask(path, { ticket: papers.ticket, method: "POST" });
    const now = body.gifts.find((other) => other.id === gift.id);
    note = !now || now.reason === "no_role" || now.claimable === "unknown" ? "stillUnknown" : null;
    Object.assign(state, { list: body, trouble: null, fetchedAt: Date.now() });
  } catch (error) {
    note = error.status === 429 ? "askedTooOften" : error instanceof NoAnswer ? "listAway" : "listFault";
  }
  state.asking = null;
  if (note) state.notes.set(gift.id, note);
  showList();
  announce(say()[note ?? "nowKnown"]?.call?.(null, gameName(gift.game)) ?? say()[note]);
}

function comeBack() {
  if (document.visibilityState === "visible" && papers && Date.now() - state.fetchedAt > freshMs) fetchList();
}

// MARK: The claim

function choose(gift) {
  askWhom(gift, ({ region, role }) => {
    claim.begin({ gift: gift.id, game: gift.game, title: gift.title, image: gift.image, region, role });
    goTo(find("order-title"));
  });
}

function claimChanged() {
  if (claim.phase === "refused") {
    if (claim.refusal.slug === "coupon-spent") state.isSpent = true;
    // Stock, roles or phases are not what the list said.
    fetchList();
  }
  showTicket();
  showOrder(claim, { retry: () => claim.retry(), leave: leaveOrder });
  if (state.list) showList();
}

function leaveOrder() {
  claim.dismiss();
  goTo(find("gifts-title"));
}

// MARK: Start

async function start() {
  prepareSheet();
  find("tongue").addEventListener("click", () => {
    switchLanguage();
    showAll();
  });
  document.addEventListener("visibilitychange", comeBack);
  addEventListener("online", comeBack);
  addEventListener("hashchange", () => location.reload());
  showAll();
  if (papers) {
    fetchList();
    claim.resume();
  }
  learnFestival(new Patience(1000, 30_000));
}

/** Names come when they come; until then the page does with ids. */
async function learnFestival(patience) {
  try {
    await loadFestival();
    showAll();
  } catch (error) {
    setTimeout(() => learnFestival(patience), patience.step(error.retryAfterS ?? null));
  }
}

start();
