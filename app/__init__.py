"""One ASGI process: Streamlit pages, API, uploads, media and events; and the command `lecture`."""
