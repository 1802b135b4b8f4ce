"""From manifests and API objects to the values that the rule takes: parse, defaults, validation, observation."""
