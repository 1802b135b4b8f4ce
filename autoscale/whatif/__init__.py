"""What if: the service of a recorded run, modelled request by request, under another HPA, other pods or another load.

Pure: a record in, values out; no clock, no process, no socket. docs/whatif.md says how, and how far off it is.
"""
