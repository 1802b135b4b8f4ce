"""``autoscale doctor``: say what this machine and cluster can and cannot do."""

import click

from autoscale.cli import shared
from autoscale.cli.say import echo


@click.command(short_help="Say what this machine and cluster can and cannot do.")
@shared.context("Kube-context to look at.")
@shared.kubeconfig
@shared.namespace("the context's")
def command(context: str, kubeconfig: str | None, namespace: str | None) -> int:
    """Look at this machine and at a context: what works, what does not, and what to do about it.

    Ends with 0 when a run can begin, else with 3 (the cluster) or 2 (this machine). Changes nothing.
    """
    from autoscale.base.exits import ExitCode
    from autoscale.run import doctor

    machine = doctor.machine(context)
    cluster = doctor.cluster(context, kubeconfig, namespace)
    for title, findings in (("This machine", machine), (f"Context {context}", cluster)):
        echo(title)
        for finding in findings:
            echo(f"  {_SIGN[finding.state]} {finding.what}: {finding.found}")
            if finding.fix:
                echo("".join(f"      {line}\n" for line in finding.fix.splitlines()).rstrip("\n"))
    if any(finding.state == "bad" for finding in cluster):
        return int(ExitCode.CLUSTER_FAILED)
    return int(ExitCode.BAD_INPUT if any(finding.state == "bad" for finding in machine) else ExitCode.PASS)


_SIGN = {"good": "✓", "bad": "✗", "less": "–"}
