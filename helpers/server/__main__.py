"""Runs one stage of the server from a shell, until it ends or is interrupted."""

from __future__ import annotations

import argparse
import inspect

from helpers.server import STAGES

WIDE = "0.0.0.0"


def main() -> None:
    """Read the command line, and run what it names."""
    stages = {stage.__name__.replace("_", "-"): stage for stage in STAGES}
    parser = argparse.ArgumentParser(
        prog="python -m helpers.server",
        description="Runs one stage of the server under study, for curl or nc to talk to.",
    )
    parser.add_argument("stage", choices=stages)
    parser.add_argument("--host", default="127.0.0.1", help="address to bind; default: %(default)s")
    parser.add_argument("--port", type=int, default=8080, help="TCP port, 0 to 65535")
    asked = parser.parse_args()
    stage = stages[asked.stage]
    if not 0 <= asked.port <= 65535:
        parser.error(f"--port must be 0 to 65535, not {asked.port}")
    options = {"port": asked.port}
    if "host" in inspect.signature(stage).parameters:
        options["host"] = asked.host
    elif asked.host != WIDE:
        parser.error(
            f"{asked.stage} is bound to {WIDE}, as the article prints it: whoever reaches this "
            f"machine reaches it. Say --host {WIDE} if that is meant; from addressed on the "
            f"address can be chosen"
        )
    try:
        stage(**options)
    except KeyboardInterrupt:
        raise SystemExit(130) from None
    except OSError as error:
        parser.exit(1, f"{asked.stage}, {asked.host} port {asked.port}: {error}\n")


if __name__ == "__main__":
    main()
