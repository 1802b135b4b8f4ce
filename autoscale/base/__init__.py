"""The leaf everything rests on: error form, exit codes, times, names. Of ours it imports ``loadtest.errors`` alone."""
