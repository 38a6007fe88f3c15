"""Streamlit pages: they only arrange; figures come from app.views, data from app.services."""
