"""The pages' maps: folium, read-only, no request; the words and the data come from the page."""
