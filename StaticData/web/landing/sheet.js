// The dialog in which a person chooses who receives the gift, and confirms.

import { make, find } from "./page.js";
import { contents, gameName, regionName } from "./festival.js";
import { pick, say } from "./language.js";

let shown = null;
let answer = () => {};

/** Asks; `then(role)` is called with {region, role} when the person confirms. */
export function askWhom(gift, then) {
  shown = gift;
  answer = then;
  const sheet = find("sheet");
  find("sheet-fault").textContent = "";
  renderSheet();
  sheet.returnValue = "";
  sheet.showModal();
  // Nothing that spends is in focus at first: a key held down must not confirm.
  (find("sheet-roles").querySelector("input:checked") ?? find("sheet-roles").querySelector("input"))?.focus();
}

/** Writes the dialog in the current language; keeps the choice. */
export function renderSheet() {
  if (!shown) return;
  const chosen = find("sheet-roles").querySelector("input:checked")?.value;
  find("sheet-picture").src = shown.image;
  find("sheet-game").textContent = gameName(shown.game);
  find("sheet-title").textContent = pick(shown.title);
  find("sheet-items").textContent = contents(shown.id);
  find("sheet-legend").textContent = say().sheetLegend;
  find("sheet-note").textContent = say().sheetNote;
  find("sheet-yes").textContent = say().sheetYes;
  find("sheet-no").textContent = say().sheetNo;
  const isOnly = shown.roles.length === 1;
  find("sheet-roles").replaceChildren(
    ...shown.roles.map((role, place) => {
      const words = say().role(regionName(shown.game, role.region), role.role);
      const radio = make("input", { type: "radio", name: "role", value: String(place) });
      radio.checked = isOnly || chosen === String(place);
      return make("label", { class: "role" }, radio,
        make("span", { class: "role-words" }, make("b", { text: words.region }), make("span", { text: words.role })));
    }));
}

/** Wires the dialog; once. */
export function prepareSheet() {
  const sheet = find("sheet");
  const form = find("sheet-form");
  form.addEventListener("submit", (event) => {
    if (event.submitter?.value === "no" || choice()) return;
    event.preventDefault();
    find("sheet-fault").textContent = say().roleMissing;
    find("sheet-roles").querySelector("input")?.focus();
  });
  form.addEventListener("change", () => {
    find("sheet-fault").textContent = "";
  });
  sheet.addEventListener("keydown", (event) => {
    if (event.key !== "Enter") return;
    // Enter on a choice leads to the button and does not press it: what spends is pressed on purpose.
    const isChoice = event.target.matches("input");
    if (isChoice || event.repeat) event.preventDefault();
    if (isChoice && !event.repeat) find("sheet-yes").focus();
  });
  // A click beside the sheet is on the dialog itself, whose content fills it.
  sheet.addEventListener("click", (event) => {
    if (event.target === sheet) sheet.close("no");
  });
  sheet.addEventListener("close", () => {
    // The event comes a moment after the closing; it may have been opened again since.
    if (sheet.open) return;
    const role = sheet.returnValue === "claim" ? choice() : null;
    const gift = shown;
    shown = null;
    find("sheet-roles").replaceChildren();
    if (role) answer(role);
    else document.querySelector(`[data-key="claim ${CSS.escape(gift.id)}"]`)?.focus();
  });
}

function choice() {
  const radio = find("sheet-roles").querySelector("input:checked");
  return radio && shown ? shown.roles[Number(radio.value)] : null;
}
