"""Plain HTML pages that need no script: for those who are not in yet, and for their account."""

from __future__ import annotations

from html import escape

from starlette.responses import HTMLResponse

STYLE = """
:root { color-scheme: light dark; --line: #d5dbe4; --soft: #f2f5f9; --text: #1f2430; --back: #fff;
  --blue: #1d5c96; --bad: #b3261e; --good: #1b6e3c; font: 1rem/1.5 system-ui, sans-serif; }
@media (prefers-color-scheme: dark) { :root { --line: #3a4250; --soft: #1f242d; --text: #e8ebf0;
  --back: #14171d; --blue: #2a6cab; --bad: #ffb4ab; --good: #8fdba8; } }
* { box-sizing: border-box; }
body { margin: 0; background: var(--back); color: var(--text); }
main { width: min(26rem, 100%); margin: 0 auto; padding: 2.5rem 1rem; }
main.wide { width: min(46rem, 100%); }
h1 { margin: 0 0 .25rem; font-size: 1.6rem; line-height: 1.25; } h2 { margin: 2rem 0 .5rem;
  font-size: 1.15rem; }
p { margin: .5rem 0; } form { margin: 1rem 0; }
label { display: block; margin: .9rem 0 .25rem; font-weight: 600; }
label small, .hint { font-weight: 400; opacity: .8; }
input:not([type=checkbox], [type=hidden]), select { width: 100%; min-height: 2.75rem;
  padding: .5rem .75rem; border: 1px solid var(--line); border-radius: .5rem; font: inherit;
  background: var(--soft); color: inherit; }
fieldset { margin: .9rem 0 0; padding: 0; border: 0; } legend { padding: 0; font-weight: 600; }
fieldset label { display: inline-block; margin: .25rem 1rem .25rem 0; font-weight: 400; }
button, .button { display: inline-block; min-height: 2.75rem; margin-top: 1.1rem;
  padding: .55rem 1.1rem; border: 1px solid var(--blue); border-radius: .5rem;
  background: var(--blue); color: #fff; font: inherit; font-weight: 600;
  text-decoration: none; cursor: pointer; }
form.row { display: inline; margin: 0; } form.row button { min-height: 2.25rem; margin: 0;
  padding: .2rem .7rem; }
button.plain, .button.plain { background: transparent; border-color: var(--line); color: inherit; }
:focus-visible { outline: 3px solid var(--blue); outline-offset: 2px; }
.told { margin: 1rem 0; padding: .6rem .9rem; border: 1px solid; border-radius: .5rem; }
.bad { color: var(--bad); } .good { color: var(--good); }
code { overflow-wrap: anywhere; font: .9rem ui-monospace, monospace; }
table { width: 100%; border-collapse: collapse; } td, th { padding: .4rem .6rem .4rem 0;
  border-bottom: 1px solid var(--line); text-align: left; vertical-align: top; }
.scroll { overflow-x: auto; } a { color: inherit; }
"""


def document(title: str, body: str, *, wide: bool = False, status: int = 200) -> HTMLResponse:
    """Return a whole page; `body` is HTML in which everything foreign is escaped."""
    html = (
        '<!doctype html><html lang="en"><head><meta charset="utf-8">'
        '<meta name="viewport" content="width=device-width, initial-scale=1">'
        f"<title>{escape(title)} - Lecture Highlights</title>"
        f'<link rel="icon" href="data:,"><style>{STYLE}</style></head>'
        f"<body><main{' class=wide' if wide else ''}><h1>{escape(title)}</h1>{body}</main></body>"
        "</html>"
    )
    headers = {"Cache-Control": "no-store", "Referrer-Policy": "same-origin"}
    return HTMLResponse(html, status, headers)


def field(
    name: str, label: str, *, kind: str = "text", value: str = "", hint: str = "", fill: str = "off"
) -> str:
    """Return a labelled input; all but a few must be filled in."""
    needed = "" if name in ("code", "shown", "heir") else " required"
    small = f" <small>{escape(hint)}</small>" if hint else ""
    return (
        f'<label for="{name}">{escape(label)}{small}</label>'
        f'<input id="{name}" name="{name}" type="{kind}" value="{escape(value)}"'
        f' autocomplete="{fill}"{needed}>'
    )


def told(text: str, *, bad: bool = True) -> str:
    """Return a sentence that stands out, "" for none; screen readers say it at once."""
    if not text:
        return ""
    kind = ("bad", "alert") if bad else ("good", "status")
    return f'<p class="told {kind[0]}" role="{kind[1]}">{escape(text)}</p>'


def button(label: str, *, do: str = "", plain: bool = False) -> str:
    """Return what sends a form."""
    name = f' name="do" value="{escape(do)}"' if do else ""
    return f"<button{name}{' class=plain' if plain else ''}>{escape(label)}</button>"
