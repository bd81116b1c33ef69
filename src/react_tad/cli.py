"""The command line: ``react-tad VERB``, one module of :mod:`react_tad.commands` a verb, imported when it is asked for.

A verb's module has a one-line docstring (its help), ``add_arguments(parser)`` and ``run(arguments)``. It imports torch,
pandas and the like inside ``run``, so that ``--help`` and the light verbs start at once.
"""

import argparse
import atexit
import gc
import importlib
import re
import sys
from typing import NoReturn

VERBS = {
    "fetch": "download a data set's files, or take them from a mirror folder, and check them",
    "data": "describe, fetch or check a data set",
    "extract": "turn videos into features with a video network",
    "features": "turn downloaded files into annotations and feature arrays",
    "windows": "cut recordings into windows",
    "predict": "detect in new recordings with a trained model: features in, detections out",
    "train": "train ReAct; goes on from the last checkpoint if there is one",
    "fetch-weights": "download the checkpoint that ReAct's authors publish, or take it from a mirror folder",
    "import": "make a model out of the authors' checkpoint",
    "package": "make a model's folder for use: all that running it takes, and a card",
    "detect": "run a trained model over the windows of a split",
    "suppress": "Soft-NMS: from raw detections to final ones",
    "fuse": "give detections the classes of a video-level classifier",
    "pool": "the detections of all folds in one file, each recording once",
    "evaluate": "mean average precision of any ActivityNet-style detections",
    "diagnose": "error analysis: kinds of false positives, sensitivity, missed instances",
    "summarize": "one table of the metrics of variants and seeds",
    "table": "one table of a study: spread, differences with intervals, and the paper's rows",
    "published": "Table 1 or 2: the rows that the paper prints, and ours where there is a run",
    "pretrained": "what the authors' weights reach here under every ground-truth profile, beside their numbers",
    "sweep": "draw average mAP against one parameter (Figure 5)",
    "relations": "draw how a window's queries are related, and who attends to whom (Figure 4)",
    "class-loss": "draw the validation classification loss by epoch (Figure S3)",
    "plot": "draw detections on a time line, loss curves, or AP",
    "view": "write detections as a page to look at in a browser: time lines, a slider for the score, videos",
    "provenance": "what results come from: commit, parameters, data, software, machine",
    "params": "show what a variant of params.yaml resolves to, and where each value comes from",
    "times": "what each step of a run of the pipeline cost",
    "benchmark": "time a training step, on a CPU or a GPU, on generated features",
    "flops": "parameters and multiply-accumulates of a model by component",
}


class Parser(argparse.ArgumentParser):
    """A parser that says how to give a value that begins with a dash, as names of videos may."""

    def parse_known_args(self, args=None, namespace=None, *more):
        """Remember what is parsed, for :meth:`error`."""
        self.given = list(sys.argv[1:] if args is None else args)
        return super().parse_known_args(args, namespace, *more)

    def error(self, message: str) -> NoReturn:
        """Print the message and leave; with a hint where an option seems to lack its value."""
        found = re.match(r"argument (?:.*/)?(--[\w-]+): expected .*argument", message)
        at = self.given.index(found[1]) + 1 if found and found[1] in self.given else len(getattr(self, "given", []))
        value = self.given[at] if at < len(self.given) else ""
        if value.startswith("-") and value.partition("=")[0] not in self._option_string_actions:
            message += f"; a value that begins with a dash is given as {found[1]}={value}"
        super().error(message)


def main(argv: list[str] | None = None) -> int:
    """Run one verb; errors that a user can mend are one message and exit status 1.

    Without ``argv`` the process is this verb's alone.
    """
    if argv is None:
        _collect_little_garbage()
        argv = sys.argv[1:]
    parser = Parser(prog="react-tad", description=__import__("react_tad").__doc__.splitlines()[0])
    parser.add_argument("--version", action="version", version=__import__("react_tad").__version__)
    verbs = parser.add_subparsers(dest="verb", metavar="VERB", required=True)
    for name, summary in VERBS.items():
        verb = verbs.add_parser(name, help=summary, description=summary[0].upper() + summary[1:] + ".")
        if argv and argv[0] == name:
            module = importlib.import_module(f"react_tad.commands.{name.replace('-', '_')}")
            verb.formatter_class = argparse.RawDescriptionHelpFormatter
            verb.description = module.__doc__
            module.add_arguments(verb)
            verb.set_defaults(run=module.run)
    arguments = parser.parse_args(argv)
    try:
        arguments.run(arguments)
    except BrokenPipeError:  # `react-tad ... | head`: whoever was reading has had enough
        sys.stderr.close()
        return 0
    except (ValueError, OSError, RuntimeError) as error:
        print(f"react-tad {arguments.verb}: {error}", file=sys.stderr)
        return 1
    return 0


def _collect_little_garbage() -> None:
    """Look for unused cycles of objects seldom, and not at the end, when the system frees everything at once.

    Importing torch makes 170,000 objects that stay; looking through them again and again takes a quarter of the
    time of a short job.
    """
    gc.set_threshold(20_000)
    atexit.register(gc.freeze)


if __name__ == "__main__":
    sys.exit(main())
