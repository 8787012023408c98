"""Why a model predicts what it does: which features count, by two methods, and how surely."""
