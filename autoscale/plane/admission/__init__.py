"""Whether an object may come into a namespace, and with what defaults: its LimitRanges and ResourceQuotas.

Pure, and asked by both who create: the API server for what clients send, the controllers for the pods that they make.
"""
