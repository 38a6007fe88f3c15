// A page whose session is over, signed out in another tab for one, shows where one signs in.
// Streamlit asks for its own addresses again as soon as its line is cut, and is answered 401.
if (!globalThis.__lhSession) {
  globalThis.__lhSession = true;
  const look = (status, url) => {
    if (status !== 401 || !new URL(url, location.href).href.startsWith(location.origin)) return;
    location.assign(`/login?next=${encodeURIComponent(location.pathname + location.search)}`);
  };
  const { open } = XMLHttpRequest.prototype;
  XMLHttpRequest.prototype.open = function (...given) {
    this.addEventListener("load", () => look(this.status, this.responseURL));
    return open.apply(this, given);
  };
  const { fetch } = globalThis;
  globalThis.fetch = async (...given) => {
    const response = await fetch(...given);
    look(response.status, response.url);
    return response;
  };
}
