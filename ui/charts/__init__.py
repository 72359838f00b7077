"""Charts a meeting can read: Altair, one look, the source always below."""
