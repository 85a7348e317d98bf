"""``python -m pipelines.cli`` is ``noise``."""

from pipelines.cli import main

main()
