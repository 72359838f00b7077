"""What the pages show, computed from a project by the planning package and cached by its version."""
