// The gift packs, in the order in which the server gives them.

import { make, find, keepingFocus } from "./page.js";
import { contents, gameName } from "./festival.js";
import { pick, say } from "./language.js";

/**
 * `view`: {list, trouble, claim, canClaim, isUsed, asking, notes}; `acts`: {choose(gift), refresh(gift), reload()}.
 */
export function showGifts(view, acts) {
  keepingFocus(() => {
    const { list } = view;
    find("gifts").setAttribute("aria-busy", String(!list && !view.trouble));
    find("gifts-title").textContent = view.isUsed ? say().giftsSpentTitle : say().giftsTitle;
    const place = find("gift-lists");
    if (view.trouble) return place.replaceChildren(trouble(view.trouble, acts));
    if (!list) return;
    if (list.gifts.length === 0) return place.replaceChildren(make("p", { class: "trouble", text: say().giftsNone }));
    const split = firstOfTheRest(list.gifts);
    const mine = list.gifts.slice(0, split);
    const others = list.gifts.slice(split);
    place.replaceChildren(
      ...(mine.length > 0 ? [cards(mine, view, acts)] : []),
      ...(others.length > 0
        ? [
            ...(mine.length > 0 ? [make("h2", { class: "rule", text: say().giftsOtherTitle })] : []),
            cards(others, view, acts),
          ]
        : []),
    );
  });
}

/** From where on nothing is claimable. */
function firstOfTheRest(gifts) {
  return gifts.findLastIndex((gift) => gift.claimable === true) + 1;
}

function cards(gifts, view, acts) {
  return make("ol", { class: "gifts", role: "list" }, gifts.map((gift) => card(gift, view, acts)));
}

function card(gift, view, acts) {
  const isYours = view.claim.phase === "placed" && view.claim.of?.gift === gift.id;
  const state = isYours ? "is-yours" : gift.claimable === true ? "is-free" : "is-closed";
  const titleID = `gift-${gift.id}`;
  const items = contents(gift.id);
  const audience = say().audience[gift.audience];
  return make(
    "li",
    { class: `gift ${state}`, data: { gift: gift.id, reason: gift.reason ?? "" } },
    make("div", { class: "gift-frame" },
      make("img", { class: "gift-picture", src: gift.image, alt: "", loading: "lazy", width: 96, height: 96 }),
      isYours && make("span", { class: "seal is-good", text: say().yours }),
      !isYours && gift.reason === "sold_out" && make("span", { class: "seal", text: say().soldOutSeal })),
    make("div", { class: "gift-body" },
      make("p", { class: "gift-game" }, gameName(gift.game),
        audience && make("span", { class: "tag", text: audience })),
      make("h3", { id: titleID, text: pick(gift.title) }),
      items && make("p", { class: "gift-items", text: items }),
      ...foot(gift, isYours, view, acts)),
  );
}

/** What can be done about a gift, or why nothing can. */
function foot(gift, isYours, view, acts) {
  if (isYours) return [];
  if (gift.claimable === true) {
    if (!view.canClaim) return [];
    return [
      make("button", {
        class: "button is-main", type: "button", text: say().claim, data: { key: `claim ${gift.id}` },
        "aria-label": say().claimNamed(pick(gift.title)), "aria-haspopup": "dialog",
        on: { click: () => acts.choose(gift) },
      }),
    ];
  }
  const reasons = say().reasons;
  const why = gift.claimable === "unknown" ? "unknown" : gift.reason;
  const game = gameName(gift.game);
  const words = make("p", { class: "gift-why", text: (reasons[why] ?? reasons.other)(game) });
  if (why !== "no_role" && why !== "unknown") return [words];
  const isAsking = view.asking === gift.game;
  const note = view.notes.get(gift.id);
  const named = why === "no_role" ? say().registeredNamed(game) : say().askAgainNamed(game);
  return [
    words,
    make("button", {
      class: "button is-quiet", type: "button", data: { key: `ask ${gift.id}` }, "aria-label": named,
      "aria-disabled": isAsking ? "true" : null,
      text: isAsking ? say().asking : why === "no_role" ? say().registered : say().askAgain,
      on: { click: () => isAsking || acts.refresh(gift) },
    }),
    note && make("p", { class: "gift-note", text: say()[note](game) }),
  ];
}

function trouble({ words, canRetry }, acts) {
  return make("div", { class: "trouble", role: "alert" },
    make("p", { text: say()[words] }),
    canRetry && make("button", {
      class: "button is-main", type: "button", text: say().tryAgain, data: { key: "reload" }, on: { click: acts.reload },
    }));
}
