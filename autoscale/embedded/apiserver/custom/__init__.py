"""Custom kinds: what a CustomResourceDefinition may say, and what that makes of their objects."""
