"""What pages show, made from plain data by plain functions; no Streamlit here."""
