// What the page remembers. Ticket and coupon stay with the tab; of an order only its number stays longer,
// under a short hash of its coupon. A browser that stores nothing loses nothing but the memory.

function drawer(open) {
  const fallback = new Map();
  const store = () => {
    try {
      return open();
    } catch {
      return null;
    }
  };
  return {
    get(key) {
      try {
        return store()?.getItem(key) ?? fallback.get(key) ?? null;
      } catch {
        return fallback.get(key) ?? null;
      }
    },
    set(key, value) {
      fallback.set(key, value);
      try {
        store()?.setItem(key, value);
      } catch {
        // Full or forbidden.
      }
    },
    drop(key) {
      fallback.delete(key);
      try {
        store()?.removeItem(key);
      } catch {
        // Forbidden.
      }
    },
  };
}

export const lasting = drawer(() => localStorage);
export const passing = drawer(() => sessionStorage);

function read(from, key) {
  try {
    return JSON.parse(from.get(key) ?? "null");
  } catch {
    return null;
  }
}

// MARK: Papers

/** Ticket and coupon: from behind #, once, then from the tab's memory; null when there are none. */
export function takePapers() {
  const behind = new URLSearchParams(location.hash.slice(1));
  const ticket = behind.get("ticket");
  if (ticket) {
    const papers = { ticket, coupon: behind.get("coupon") };
    passing.set("hongbao.papers", JSON.stringify(papers));
    history.replaceState(null, "", location.pathname + location.search);
    return papers;
  }
  const papers = read(passing, "hongbao.papers");
  return typeof papers?.ticket === "string" ? papers : null;
}

/** 53 bits of a text, to file things under (cyrb53, public domain). */
export function shortHash(text) {
  let a = 0xdeadbeef;
  let b = 0x41c6ce57;
  for (let i = 0; i < text.length; i++) {
    const unit = text.charCodeAt(i);
    a = Math.imul(a ^ unit, 2654435761);
    b = Math.imul(b ^ unit, 1597334677);
  }
  a = Math.imul(a ^ (a >>> 16), 2246822507) ^ Math.imul(b ^ (b >>> 13), 3266489909);
  b = Math.imul(b ^ (b >>> 16), 2246822507) ^ Math.imul(a ^ (a >>> 13), 3266489909);
  return (4294967296 * (2097151 & b) + (a >>> 0)).toString(36);
}

// MARK: Claims and orders, by coupon

const mostOrders = 20;

/** The claim of a coupon: {gift, region, role, order?}. Without `order` it has been sent and not answered. */
export function rememberedClaim(coupon) {
  const name = shortHash(coupon);
  const sent = read(passing, "hongbao.sent");
  if (sent?.coupon === name) return sent.claim;
  return read(lasting, "hongbao.orders")?.[name] ?? null;
}

/** Before a claim leaves, so that a reload goes on with it. */
export function rememberSent(coupon, claim) {
  passing.set("hongbao.sent", JSON.stringify({ coupon: shortHash(coupon), claim }));
}

export function rememberOrder(coupon, claim) {
  const orders = Object.entries(read(lasting, "hongbao.orders") ?? {});
  const name = shortHash(coupon);
  const kept = orders.filter(([other]) => other !== name).slice(1 - mostOrders);
  lasting.set("hongbao.orders", JSON.stringify(Object.fromEntries([...kept, [name, claim]])));
  passing.drop("hongbao.sent");
}

/** The claim came to nothing. */
export function forgetClaim(coupon) {
  const orders = read(lasting, "hongbao.orders") ?? {};
  delete orders[shortHash(coupon)];
  lasting.set("hongbao.orders", JSON.stringify(orders));
  passing.drop("hongbao.sent");
}
