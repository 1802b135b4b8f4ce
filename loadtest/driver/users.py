"""What Locust sees of the load: one user per worker, there for as long as the worker's load lasts."""

from collections.abc import Callable

from locust import User, task
from locust.exception import StopUser


def user_class(wait_for_end: Callable[[], object]) -> type[User]:
    """A user class whose only task is to be there until ``wait_for_end`` returns."""

    class LoadPlan(User):
        """Stands for one worker's schedule; the rate comes from the plan, not from the number of users."""

        @task
        def follow_the_plan(self) -> None:
            """Wait: the requests are sent by the worker's engine."""
            wait_for_end()
            raise StopUser

    return LoadPlan
