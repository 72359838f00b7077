"""The pages of the app, one file a page; a page lays out, it does not compute."""
