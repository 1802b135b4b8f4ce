"""Properties have no bound on wall time here: a busy machine is no mistake."""

from hypothesis import settings

settings.register_profile("untimed", deadline=None)
settings.load_profile("untimed")
