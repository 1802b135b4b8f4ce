"""The leaf everything rests on: error form, exit codes, quantities, times. Imports nothing of ours."""
