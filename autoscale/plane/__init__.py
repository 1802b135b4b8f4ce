"""A control plane without a clock or a socket: store, controllers, scheduler, metrics, as pure steps."""
