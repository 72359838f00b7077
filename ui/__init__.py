"""The Streamlit app: pages, texts, and the parts they share."""
