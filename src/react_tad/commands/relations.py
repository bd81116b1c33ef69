"""Draw the queries of a window by their relation to a reference query, and the attention masks (Figure 4).

Relations are those of the last decoder layer's inputs, with the model's own tau and gamma: similarity of the queries'
content, overlap of their reference segments. --video auto looks at all windows of the split and takes one with at
least two annotated instances of the reference query's class, in which the rarest of the three relations has most
queries; ties go to the most such instances, then to the first. With the name of a recording only its windows are
looked at. --query auto is the query with the best score.
"""

import argparse
from pathlib import Path

from react_tad.arguments import add_figure_outputs, add_machine_options


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the options of the verb."""
    parser.add_argument("--model", required=True, type=Path, metavar="DIR", help="folder that `react-tad train` wrote")
    parser.add_argument("--windows", required=True, type=Path, metavar="FILE", help="windows of the split (JSON)")
    parser.add_argument("--features", required=True, type=Path, metavar="FILE", help="features of the split (JSON)")
    parser.add_argument("--video", default="auto", metavar="NAME|auto", help="recording (auto)")
    parser.add_argument("--query", default="auto", metavar="NUMBER|auto", help="reference query, from 0 (auto)")
    add_figure_outputs(parser)
    parser.add_argument("--json", type=Path, metavar="OUT", help="everything that is drawn")
    add_machine_options(parser)


def run(arguments: argparse.Namespace) -> None:
    """Load the model, look at the windows, draw one."""
    from react_tad.pictures.canvas import check_outputs

    check_outputs(arguments.out, arguments.json, arguments.csv)
    if arguments.query != "auto" and not arguments.query.isdecimal():
        raise ValueError(f"--query {arguments.query} should be a number from 0, or auto")

    from react_tad.data.features import FeatureStore
    from react_tad.data.windows import WindowIndex
    from react_tad.devices import choose_device, use_threads
    from react_tad.files import write_json, write_text
    from react_tad.paper.observation import choose, watch
    from react_tad.pictures.relations import draw_relations
    from react_tad.training.batches import WindowSet
    from react_tad.training.checkpoints import load_model

    use_threads(arguments.threads)
    trained = load_model(arguments.model)
    windows = WindowSet([(FeatureStore.verified(arguments.features), WindowIndex.read(arguments.windows))])
    trained.check_fits(dimension=windows.dimension, classes=windows.classes, features=str(arguments.features))
    positions = [
        position for position, (_, window) in enumerate(windows.examples) if arguments.video in ("auto", window.video)
    ]
    if not positions:
        raise ValueError(f"{arguments.windows}: no window of a video '{arguments.video}'")
    query = None if arguments.query == "auto" else int(arguments.query)
    chosen = choose(watch(trained, windows, positions, device=choose_device(arguments.device), query=query))
    if arguments.json:
        write_json(arguments.json, chosen.as_dict())
    if arguments.csv:
        write_text(arguments.csv, chosen.as_csv())
    for path in arguments.out:
        draw_relations(chosen, path)
