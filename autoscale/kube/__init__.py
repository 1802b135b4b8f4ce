"""What is known of Kubernetes objects by themselves: kinds, schema, selectors, conditions, defaults, patches."""
