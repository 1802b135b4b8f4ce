"""``autoscale image``: build images for the embedded cluster from a Dockerfile, without Docker."""

import time
from pathlib import Path

import click

from autoscale.cli.say import echo
from autoscale.embedded.apiserver.tables.pods import human_duration
from autoscale.embedded.images import shelf
from autoscale.embedded.images.build import build as build_image


@click.group()
def command() -> None:
    """Build, list and remove images for the embedded cluster.

    A Dockerfile of a plain Python service becomes a folder and a virtual environment; no Docker is needed. Understood
    are FROM python, WORKDIR, COPY, ADD of local files, RUN pip install, ENV, ARG, EXPOSE, USER, ENTRYPOINT and CMD.
    """


@command.command()
@click.option("-t", "--tag", "name", required=True, metavar="NAME", help="Name of the image, as manifests write it.")
@click.option("-f", "--file", type=click.Path(path_type=Path), help="The Dockerfile.  [default: DIR/Dockerfile]")
@click.option("--build-arg", "arguments", multiple=True, metavar="NAME=VALUE", help="Value of an ARG; may be repeated.")
@click.argument("folder", metavar="DIR", type=click.Path(exists=True, file_okay=False, path_type=Path))
def build(name: str, file: Path | None, arguments: tuple[str, ...], folder: Path) -> None:
    """Build the Dockerfile of the folder DIR.

    What fails leaves nothing behind, and an image that had the name before keeps it.
    """
    given = dict(argument.partition("=")[::2] for argument in arguments)
    made = build_image(name, folder, file=file, arguments=given, say=echo)
    echo(f"Built {made.name} on Python {made.python}. Pods of embedded clusters may now name it as their image.")


@command.command()
def ls() -> None:
    """List the images that were built."""
    rows = [
        (
            one.name,
            one.base,
            one.python,
            f"{human_duration(time.time() - one.created)} ago",
            f"{one.size_b / 1e6:.0f} MB",
        )
        for one in shelf.built()
    ]
    if not rows:
        echo("No image was built yet. Build one with: autoscale image build -t NAME DIR")
        return
    table = [("IMAGE", "FROM", "PYTHON", "BUILT", "SIZE"), *rows]
    widths = [max(len(row[at]) for row in table) for at in range(5)]
    for row in table:
        echo("  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip())


@command.command()
@click.argument("names", metavar="NAME...", nargs=-1, required=True)
def rm(names: tuple[str, ...]) -> None:
    """Remove images. One that a pod runs is refused."""
    for name in names:
        shelf.remove(name)
        echo(f"Removed {shelf.full_name(name)}.")
