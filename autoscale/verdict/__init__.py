"""From an analysis and its objectives to a verdict: pass, fail, unknown or invalid."""
