"""The controllers: pure steps ``step(objects, now) -> list[Write]`` over API objects, as upstream's reconcile."""
