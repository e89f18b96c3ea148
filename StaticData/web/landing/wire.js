// Requests, and what may come of them: an answer, a refusal, or no connection.

const patienceMs = 15_000;

/** An answer that is no: `slug` of the problem's type, `retryAfterS` where it came with one. */
export class Refusal extends Error {
  constructor(status, problem, retryAfterS) {
    super(`${status} ${problem?.title ?? ""}`);
    this.status = status;
    this.slug = String(problem?.type ?? "").replace("urn:hongbao:problem:", "");
    this.reason = problem?.reason ?? null;
    this.retryAfterS = retryAfterS;
  }

  /** Not now, which says nothing of later. */
  get isForNow() {
    return this.status === 503 || this.status === 429 || this.status === 502 || this.status === 504;
  }
}

/** No answer: no connection, or none in time. The request may have arrived all the same. */
export class NoAnswer extends Error {}

/** Sends a request and reads the JSON of its answer: {status, body}. Throws Refusal or NoAnswer. */
export async function ask(url, { ticket, method = "GET", body } = {}) {
  const headers = {};
  if (ticket) headers.authorization = `Bearer ${ticket}`;
  if (body) headers["content-type"] = "application/json";
  let answer;
  let document = null;
  try {
    answer = await fetch(url, {
      method, headers, body, credentials: "omit", referrerPolicy: "no-referrer", redirect: "error",
      signal: AbortSignal.timeout(patienceMs),
    });
    if ((answer.headers.get("content-type") ?? "").includes("json")) document = await answer.json();
  } catch (error) {
    throw new NoAnswer(String(error));
  }
  if (answer.ok && document) return { status: answer.status, body: document };
  throw new Refusal(answer.status, document, retryAfterS(answer.headers.get("retry-after")));
}

/** Seconds of a Retry-After field, whichever of its two forms; null without one. */
function retryAfterS(field) {
  if (!field) return null;
  if (/^\d+$/.test(field)) return Number(field);
  const left = (Date.parse(field) - Date.now()) / 1000;
  return Number.isFinite(left) ? Math.max(0, Math.ceil(left)) : null;
}

/** What waits longer with every failure, never shorter than it is asked to, and not in step with others. */
export class Patience {
  constructor(firstMs, mostMs) {
    this.firstMs = firstMs;
    this.mostMs = mostMs;
    this.restart();
  }

  restart() {
    this.nextMs = this.firstMs;
  }

  /** How long to wait now, in ms. */
  step(retryAfterS = null) {
    const own = this.nextMs * (0.75 + Math.random() / 2);
    this.nextMs = Math.min(this.nextMs * 1.6, this.mostMs);
    return retryAfterS === null ? own : Math.max(own, retryAfterS * 1000 + Math.random() * 500);
  }
}
