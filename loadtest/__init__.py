"""The load: plan, scenario, traces, histogram and load rows. Pure; only ``loadtest.driver`` runs Locust."""
