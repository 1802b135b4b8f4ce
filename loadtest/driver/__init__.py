"""The Locust processes that send the load: ``python -m loadtest.driver master|worker``, inside pods.

The only place with Locust and gevent. Settings come from the environment, rows go to the standard output as JSON
lines, messages to the standard error.
"""
