"""What ``snakemake`` shows of a run: a logger plugin of Snakemake, found by the name of this package.

On a terminal one look says what runs, how far each training is, how far the whole is and when it will end
(:mod:`.screen`); elsewhere a job is a line. Commands and all that Snakemake says are in ``.snakemake/log``, what jobs
say in their own logs; of a job that fails the last lines are shown. ``profiles/default`` chooses it. With
``--logger-react-tad-style snakemake``, ``--verbose`` or ``--quiet``, and in dry runs, Snakemake's own text is shown.

``react_tad`` knows nothing of this package, nor this of that. Snakemake imports it whenever it starts, so ``rich`` is
imported only where a run is shown.
"""

import sys
from dataclasses import dataclass, field
from logging import LogRecord

from snakemake_interface_logger_plugins.base import LogHandlerBase
from snakemake_interface_logger_plugins.settings import LogHandlerSettingsBase

STYLES = ("auto", "lines", "snakemake")


@dataclass
class LogHandlerSettings(LogHandlerSettingsBase):
    """Options on Snakemake's command line."""

    style: str = field(
        default="auto",
        metadata={
            "help": "auto: a display on a terminal, elsewhere a line a job; lines: a line a job; snakemake: "
            "Snakemake's own text",
            "choices": STYLES,
        },
    )


class LogHandler(LogHandlerBase):
    """Gives what Snakemake logs to what shows it."""

    has_filter = False
    """Snakemake's own: it minds ``--quiet``."""
    has_formatter = True
    writes_to_stream = True
    writes_to_file = False
    needs_rulegraph = False

    def __post_init__(self) -> None:
        how = self.common_settings
        stream = sys.stdout if how.stdout else sys.stderr
        style = self.settings.style if self.settings else "auto"
        if style not in STYLES:
            raise ValueError(f"--logger-react-tad-style {style}: should be one of {', '.join(STYLES)}")
        if style == "snakemake" or how.dryrun or how.verbose or how.debug_dag or how.quiet:
            from snakemake.logging import ColorizingTextHandler, DefaultFormatter

            formatter = DefaultFormatter(how.quiet, how.show_failed_logs)
            self.shown_by = ColorizingTextHandler(nocolor=how.nocolor, stream=stream, formatter=formatter)
        else:
            from snakemake_logger_plugin_react_tad.show import Show

            self.shown_by = Show(stream, live=style == "auto" and stream.isatty(), color=not how.nocolor)

    def emit(self, record: LogRecord) -> None:
        """Show a record. What goes wrong in it does not end the run."""
        try:
            self.shown_by.emit(record)
        except Exception:
            self.handleError(record)

    def close(self) -> None:
        """Say how the run ended."""
        self.shown_by.close()
        super().close()
