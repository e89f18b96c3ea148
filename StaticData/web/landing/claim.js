// One coupon's claim, from the first sending to the order's end.
//
//   sending ──accepted──▶ placed ──poll──▶ … delivered, rejected, expired, voided
//      │ ▲
//      │ └─ by itself after 503/429 (waiting), or by the person after no answer (stuck)
//      └─────refused──▶ refused
//
// Whatever is sent again is the same coupon and the same body: it can give one order only. The claim is written
// down before it leaves, so that a reload goes on with it.

import { ask, NoAnswer, Patience, Refusal } from "./wire.js";
import { claimBase } from "./festival.js";
import { forgetClaim, rememberedClaim, rememberOrder, rememberSent } from "./keepsakes.js";

const ends = new Set(["delivered", "rejected", "expired", "voided"]);
const mostTries = 40;

export class Claim {
  /** `onChange(claim)` is called after every change of what is to be shown. */
  constructor(papers, onChange) {
    this.papers = papers;
    this.onChange = onChange;
    /** null, or what is claimed: {gift, game, title, image, region, role, order?}. */
    this.of = null;
    /** null, sending, waiting, stuck, refused or placed. */
    this.phase = null;
    this.state = null;
    this.refusal = null;
    /** Of a wait: when it ends, as Date.now() counts. */
    this.until = 0;
    this.isAway = false;
    this.timer = null;
    this.polling = new Patience(700, 15_000);
    document.addEventListener("visibilitychange", () => this.lookAgain());
    addEventListener("online", () => this.lookAgain());
  }

  get isOpen() {
    return this.phase === "placed" && !ends.has(this.state);
  }

  /** Whether the coupon is not free: used, or about to be. */
  get hasCoupon() {
    return this.phase !== null && this.phase !== "refused";
  }

  /** What was remembered of the coupon goes on. */
  resume() {
    const of = this.papers.coupon ? rememberedClaim(this.papers.coupon) : null;
    if (!of) return;
    this.of = of;
    if (of.order) {
      this.become("placed", { state: of.state ?? "queued" });
      this.poll();
    } else {
      this.send();
    }
  }

  /** The person has confirmed: off it goes. */
  begin(of) {
    if (this.hasCoupon) return;
    this.of = of;
    rememberSent(this.papers.coupon, of);
    this.send();
  }

  /** The person asks for another try. */
  retry() {
    if (this.phase === "stuck" || this.phase === "waiting") this.send();
  }

  /** The person has read the refusal. */
  dismiss() {
    if (this.phase !== "refused") return;
    this.of = null;
    this.become(null);
  }

  become(phase, more = {}) {
    this.phase = phase;
    Object.assign(this, { refusal: null, isAway: false }, more);
    this.onChange(this);
  }

  after(ms, act) {
    clearTimeout(this.timer);
    this.timer = setTimeout(act, ms);
  }

  // MARK: Sending

  async send() {
    clearTimeout(this.timer);
    const patience = new Patience(1000, 20_000);
    const { gift, region, role } = this.of;
    const body = JSON.stringify({ coupon: this.papers.coupon, gift, region, role });
    this.become("sending");
    for (let tries = 1; ; tries++) {
      try {
        const base = await claimBase();
        const answer = await ask(`${base}/v1/claims`, { ticket: this.papers.ticket, method: "POST", body });
        return this.placed(answer.body);
      } catch (error) {
        if (error instanceof NoAnswer || (error.isForNow && tries >= mostTries)) return this.become("stuck");
        if (!(error instanceof Refusal)) throw error;
        // Paused passes too, but by nobody's waiting: another gift may be chosen meanwhile.
        if (!error.isForNow || error.slug === "paused") return this.refused(error);
        await this.wait(patience.step(error.retryAfterS ?? 1));
        if (this.phase !== "waiting") return;
      }
    }
  }

  wait(ms) {
    this.become("waiting", { until: Date.now() + ms });
    return new Promise((resolve) => this.after(ms, resolve));
  }

  refused(refusal) {
    forgetClaim(this.papers.coupon);
    this.become("refused", { refusal });
  }

  placed(answer) {
    this.of = { ...this.of, order: answer.order };
    this.polling.restart();
    this.stands(answer.state);
    if (this.isOpen) this.after(this.polling.step(), () => this.poll());
  }

  // MARK: Following

  stands(state) {
    rememberOrder(this.papers.coupon, { ...this.of, state });
    this.become("placed", { state });
  }

  lookAgain() {
    if (document.visibilityState !== "visible" || !this.isOpen) return;
    this.polling.restart();
    this.poll();
  }

  async poll() {
    clearTimeout(this.timer);
    if (document.visibilityState !== "visible" || this.isPolling) return;
    this.isPolling = true;
    let retryAfterS = null;
    try {
      const base = await claimBase();
      const { body } = await ask(`${base}/v1/orders/${this.of.order}`, { ticket: this.papers.ticket });
      if (body.state !== this.state) this.polling.restart();
      if (body.state !== this.state || this.isAway) this.stands(body.state);
    } catch (error) {
      if (error instanceof Refusal && !error.isForNow) {
        this.isPolling = false;
        return this.lost(error);
      }
      retryAfterS = error.retryAfterS ?? null;
      if (error instanceof NoAnswer && !this.isAway) {
        this.isAway = true;
        this.onChange(this);
      }
    }
    this.isPolling = false;
    if (this.isOpen) this.after(this.polling.step(retryAfterS), () => this.poll());
  }

  /** The order cannot be seen: by this ticket, or at all. */
  lost(refusal) {
    if (refusal.status !== 404) return this.become("refused", { refusal });
    // A repeat of the claim finds the order, if there is one.
    forgetClaim(this.papers.coupon);
    this.of = null;
    this.become(null);
  }
}
