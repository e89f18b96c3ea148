// The order: what was claimed, where it is, and what can be done about it.

import { announce, find, keepingFocus, make } from "./page.js";
import { gameName, regionName } from "./festival.js";
import { pick, say } from "./language.js";

const looks = {
  outbox: ["open", 1], queued: ["open", 1], held: ["open", 1],
  in_flight: ["open", 2], retrying: ["open", 2], unknown: ["open", 2], parked: ["open", 2],
  delivered: ["good", 3], rejected: ["bad", 0], expired: ["bad", 0], voided: ["bad", 0],
};

let countdown = null;

/** `acts`: {retry(), leave()}. */
export function showOrder(claim, acts) {
  const section = find("order");
  clearInterval(countdown);
  section.hidden = claim.phase === null;
  if (claim.phase === null) return section.replaceChildren();
  const { of } = claim;
  const [headline, detail] = sentences(claim);
  const [look, step] = claim.phase === "placed" ? looks[claim.state] ?? looks.queued : phaseLook(claim.phase);
  section.className = `order is-${look}`;
  section.dataset.phase = claim.phase;
  section.dataset.state = claim.state ?? "";
  keepingFocus(() => {
    section.replaceChildren(
      make("div", { class: "order-top" },
        make("div", { class: "order-medal" },
          make("img", { class: "order-picture", src: of.image, alt: "", width: 104, height: 104 }))),
      make("div", { class: "order-body" },
        make("p", { class: "order-gift", text: pick(of.title) }),
        make("h2", { id: "order-title", tabindex: "-1", data: { key: "order" }, text: headline }),
        make("p", { class: "order-detail", text: detail }),
        step > 0 && steps(step),
        claim.isAway && make("p", { class: "order-away", text: say().connectionAway }),
        ...buttons(claim, acts),
        of.order && facts(of),
        claim.isOpen && make("p", { class: "order-close", text: say().closePage })),
    );
  });
  announce(`${headline} ${detail}`);
}

function phaseLook(phase) {
  return phase === "refused" ? ["bad", 0] : phase === "stuck" ? ["stuck", 0] : ["busy", 0];
}

function sentences(claim) {
  const game = gameName(claim.of.game);
  if (claim.phase === "placed") return (say().states[claim.state] ?? say().states.queued)(game);
  if (claim.phase !== "refused") return say().phases[claim.phase]();
  const { refusals } = say();
  return (refusals[claim.refusal.slug] ?? refusals.other)(game);
}

function steps(now) {
  const names = say().steps;
  return make("ol", { class: "steps", role: "list" },
    names.map((name, place) => {
      const isDone = place + 1 < now || now === names.length;
      const kind = isDone ? "is-done" : place + 1 === now ? "is-now" : "";
      return make("li", { class: kind, "aria-current": place + 1 === now ? "step" : null, text: name });
    }));
}

function buttons(claim, acts) {
  const button = (text, act, kind = "is-gold") =>
    make("button", { class: `button ${kind}`, type: "button", text, data: { key: "order act" }, on: { click: act } });
  switch (claim.phase) {
    case "stuck":
      return [button(say().tryAgain, acts.retry)];
    case "waiting":
      return [waitingClock(claim), button(say().tryAgain, acts.retry, "is-ghostly")];
    case "refused":
      return [button(["sold-out", "paused"].includes(claim.refusal.slug) ? say().chooseOther : say().toTheList, acts.leave)];
    default:
      return [];
  }
}

/** Seconds left, for those who look; those who listen were told that it goes on by itself. */
function waitingClock(claim) {
  const clock = make("p", { class: "order-clock", "aria-hidden": "true" });
  const tick = () => {
    clock.textContent = say().againIn(Math.max(0, Math.ceil((claim.until - Date.now()) / 1000)));
  };
  tick();
  countdown = setInterval(tick, 500);
  return clock;
}

function facts(of) {
  const words = say().role(regionName(of.game, of.region), of.role);
  return make("dl", { class: "order-facts" },
    make("div", {}, make("dt", { text: say().receiver }),
      make("dd", { text: `${gameName(of.game)} · ${words.region} · ${words.role}` })),
    make("div", {}, make("dt", { text: say().orderNumber }),
      make("dd", { class: "order-number", text: of.order })));
}
