"""Turn videos into features: clips of frames go through a video network, one vector a clip.

Writes VIDEO.npy (numbers [snippets, dimension]) and VIDEO.json (when the snippets were, and how they were extracted) of
each video. What is there already and would be made the same is kept, so that after a kill the same command goes on. A
video that cannot be used is named, the others go on, and the exit status is 1. docs/video.md goes from films to
detections. Needs: pip install -e '.[video]'
"""

import argparse
from pathlib import Path

from react_tad.arguments import add_machine_options


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the verb's arguments."""
    parser.add_argument("videos", nargs="+", type=Path, metavar="VIDEO", help="videos, or folders of videos")
    parser.add_argument(
        "--backbone",
        required=True,
        metavar="NAME_OR_FOLDER",
        help="a video network of the Hugging Face hub, or a folder",
    )
    parser.add_argument("--out", type=Path, default=Path("own/features"), metavar="DIR", help="default: own/features")
    parser.add_argument("--prefix", default="", metavar="TEXT", help="precedes a video's name in the names of files")
    clips = parser.add_argument_group("clips")
    clips.add_argument(
        "--frames", type=int, metavar="N", help="frames a clip (default: what the network was trained on)"
    )
    clips.add_argument("--step", type=int, default=1, metavar="N", help="take every Nth frame (default: 1)")
    clips.add_argument(
        "--fps", type=float, metavar="F", help="look at F frames a second (default: each video's own average)"
    )
    stride = clips.add_mutually_exclusive_group()
    stride.add_argument("--stride-frames", type=int, metavar="S", help="from clip to clip (default: half a clip)")
    stride.add_argument("--stride-seconds", type=float, metavar="S", help="the same in seconds")
    parser.add_argument(
        "--dtype", choices=("float32", "float16"), default="float32", help="to store (default: float32)"
    )
    parser.add_argument("--half", action="store_true", help="compute in float16 (on a GPU)")
    parser.add_argument("--batch-size", type=int, default=8, metavar="N", help="clips at a time (default: 8)")
    add_machine_options(parser)


def run(arguments: argparse.Namespace) -> None:
    """Find the videos, load the network, extract."""
    from react_tad.data.video_files import find_videos
    from react_tad.devices import choose_device, use_threads
    from react_tad.extraction.backbone import load_backbone
    from react_tad.extraction.clips import make_clips
    from react_tad.extraction.description import Extraction
    from react_tad.extraction.folder import extract_folder, summary

    videos = find_videos(arguments.videos, prefix=arguments.prefix)
    use_threads(arguments.threads)
    backbone = load_backbone(arguments.backbone, device=choose_device(arguments.device), half=arguments.half)
    clips = make_clips(
        frames=backbone.frames if arguments.frames is None else arguments.frames,
        step=arguments.step,
        fps=arguments.fps,
        stride_frames=arguments.stride_frames,
        stride_seconds=arguments.stride_seconds,
    )
    how = Extraction(backbone=backbone.description, clips=clips, dtype=arguments.dtype)
    options = {"batch_size": arguments.batch_size, "threads": arguments.threads}
    print(summary(extract_folder(videos, backbone, how, arguments.out, **options), how, arguments.out))
