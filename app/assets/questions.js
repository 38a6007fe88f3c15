// Questions to the server: of each kind one at a time; while one is under way only the last of what
// follows is kept, so that a moving slider never waits behind its own past.

export class Questions {
  constructor(problem) {
    Object.assign(this, { problem, waiting: {}, asking: {} });
  }

  async put(name, question) {
    this.waiting[name] = question;
    if (this.asking[name]) return;
    this.asking[name] = true;
    while (this.waiting[name] && !this.gone) {
      const next = this.waiting[name];
      this.waiting[name] = undefined;
      await next();
    }
    this.asking[name] = false;
  }

  async get(address, options) {
    const response = await fetch(address, options).catch(() => null);
    if (response?.status === 204) return true;
    const body = await response?.json().catch(() => null);
    if (response?.ok) return body;
    if (options) this.problem(body?.detail ?? "The server does not answer.");
    return null;
  }

  send(address, method, body) {
    return this.get(address, { method, headers: { "content-type": "application/json" }, body: JSON.stringify(body) });
  }
}
