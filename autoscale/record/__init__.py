"""The record: one JSON object per line, header first, append only.

Everything after a run reads this and nothing else.
"""
