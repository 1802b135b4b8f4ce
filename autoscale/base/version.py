"""The version of the project; packaging reads it here too."""

VERSION = "0.1.0"
