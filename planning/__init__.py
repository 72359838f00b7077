"""Policy rules, projects, drafts and their store, seats and jobs: the planner's work."""
