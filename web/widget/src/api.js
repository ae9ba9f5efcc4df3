/** Speak HTTP with the web API, and turn every way it can fail into one `ApiError`. */

const PATIENCE_MS = 15_000;
const FILE_PATIENCE_MS = 120_000;
const TRY_AGAIN_S = 5;

/** `status` 0 means that no answer arrived; `detail` is the server's sentence for the customer. */
export class ApiError extends Error {
  constructor(status, { detail = "", retryAfter = TRY_AGAIN_S } = {}) {
    super(detail || `HTTP ${status}`);
    this.status = status;
    this.detail = detail;
    this.retryAfter = retryAfter; // seconds
  }

  /** True if trying the same again cannot help. */
  get permanent() {
    return this.status >= 400 && this.status < 500 && ![401, 408, 425, 429].includes(this.status);
  }
}

export class Api {
  lang = "id";
  #base;

  constructor(base) {
    this.#base = base;
  }

  get host() {
    return this.#base.hostname;
  }

  /** Where the socket listens; the token travels in its first frame, never in the address. */
  socketUrl(after) {
    const url = new URL(`api/web/socket?after=${after}`, this.#base);
    url.protocol = url.protocol.replace("http", "ws");
    return url;
  }

  get(path, token, { signal, patience } = {}) {
    return this.#call(path, { method: "GET", signal }, token, patience);
  }

  post(path, body, token) {
    return this.#call(path, { method: "POST", body: JSON.stringify(body) }, token);
  }

  /** Send a form with a file in it; the browser writes its content type. */
  upload(path, fields, token) {
    const body = new FormData();
    for (const [name, value] of Object.entries(fields)) body.append(name, value);
    return this.#call(path, { method: "POST", body }, token, FILE_PATIENCE_MS);
  }

  /** A file's content, of any size a line can carry in the time. */
  file(path, token) {
    return this.#call(path, { method: "GET" }, token, FILE_PATIENCE_MS, (answer) => answer.blob());
  }

  async #call(path, request, token, patience = PATIENCE_MS, read = (answer) => answer.json()) {
    const headers = { "Accept-Language": this.lang };
    if (!(request.body instanceof FormData)) headers["Content-Type"] = "application/json";
    if (token) headers.Authorization = `Bearer ${token}`;
    const late = AbortSignal.timeout(patience);
    const signal = request.signal ? AbortSignal.any([late, request.signal]) : late;
    let answer, body;
    try {
      answer = await fetch(new URL(`api/web/${path}`, this.#base), { ...request, headers, signal });
      body = await (answer.ok ? read(answer) : answer.json()).catch(() => null);
    } catch {
      throw new ApiError(0);
    }
    if (!answer.ok) throw problem(answer, body);
    // A captive portal or a proxy may answer 200 with a page of its own.
    if (body === null) throw new ApiError(0);
    return body;
  }
}

function problem(answer, body) {
  const wait = answer.headers.get("Retry-After");
  const seconds = wait && (Number(wait) || (Date.parse(wait) - Date.now()) / 1000);
  const retryAfter = seconds > 0 ? Math.min(seconds, 600) : TRY_AGAIN_S;
  return new ApiError(answer.status, { detail: body?.detail || body?.title || "", retryAfter });
}
