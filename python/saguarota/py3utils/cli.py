"""The command line, `python -m saguarota`: its options, its help, its exit codes."""

from __future__ import annotations

import argparse
import sys
import warnings
from collections.abc import Sequence
from typing import NoReturn

from ..version import __version__
from . import commands, options

PROGRAM = "python -m saguarota"

_EXIT_CODES = """\
exit codes:
  0    done, nothing wrong
  1    verify has found something wrong
  2    wrong usage, or something that can't be read, made, written or served; a line on stderr
       says what
  130  ended by Ctrl-C (serve: 0)
"""
_MANIFEST = """\
examples:
  python -m saguarota manifest src -o src/versions.json
  python -m saguarota manifest src --key-file key.txt --extended > versions.json
  python -m saguarota manifest src --extension .py --extension .json --exclude-folder tests
  python -m saguarota manifest src -o src/versions.json --version-source git_commit_time \\
      --previous src/versions.json --reuse-unchanged-versions --key-env OTA_KEY

"""
_VERIFY = """\
examples:
  python -m saguarota verify versions.json --key-env OTA_KEY
  python -m saguarota verify src/versions.json --root src --json

"""
_SERVE = """\
examples:
  python -m saguarota serve src
  python -m saguarota serve src --host 0.0.0.0 --port 8080 --key-file key.txt

"""


class _Parser(argparse.ArgumentParser):
    """Says what is wrong in one line."""

    def error(self, message: str) -> NoReturn:
        self.exit(2, f"{self.prog}: error: {_one_line(message)} (--help tells more)\n")


def main(arguments: Sequence[str] | None = None) -> int:
    """Run a command and return its exit code; None takes the arguments of the process.

    Results go to stdout, messages to stderr. Raises SystemExit for wrong usage and after help.
    """
    chosen = parser().parse_args(arguments)
    with warnings.catch_warnings():
        warnings.simplefilter("always", UserWarning)
        warnings.showwarning = _show_warning
        try:
            return int(chosen.run(chosen))
        except BrokenPipeError:
            return 2  # who read the output has seen enough
        except (OSError, ValueError) as error:
            print(f"{PROGRAM} {chosen.command}: error: {_reason(error)}", file=sys.stderr)
            return 2
        except KeyboardInterrupt:
            return 130


def parser() -> argparse.ArgumentParser:
    """Return the parser; `run` of what it parses is the function to call with it."""
    top = _Parser(
        prog=PROGRAM,
        description="Make, check and serve the releases of SaguarOTA.",
        epilog=_EXIT_CODES,
        formatter_class=argparse.RawDescriptionHelpFormatter,
        allow_abbrev=False,
    )
    top.add_argument("--version", action="version", version=__version__)
    verbs = top.add_subparsers(dest="command", required=True, metavar="COMMAND")

    verb = _verb(verbs, "manifest", "make the manifest of a folder", _MANIFEST)
    verb.set_defaults(run=commands.manifest)
    verb.add_argument("src", metavar="SRC", help="the folder")
    verb.add_argument(
        "-o", "--output", default="-", help="the file to write, replaced at once; -: stdout"
    )
    _add_key(verb, "sign with")
    _add_builder(verb)

    verb = _verb(verbs, "verify", "check a manifest, and files, as a device does", _VERIFY)
    verb.set_defaults(run=commands.verify)
    verb.add_argument("manifest", metavar="MANIFEST", help="the file; -: stdin")
    verb.add_argument("--root", metavar="DIR", help="check the files below this folder as well")
    verb.add_argument(
        "--require-sha256",
        action="store_true",
        help="every file must have a sha256, which a signature covers where a key is given",
    )
    _add_key(verb, "check the signature with")

    verb = _verb(verbs, "serve", "serve a folder until Ctrl-C, for development", _SERVE)
    verb.set_defaults(run=commands.serve)
    verb.add_argument("src", metavar="SRC", help="the folder")
    verb.add_argument(
        "--host", default="localhost", help="name or address to listen on; default: %(default)s"
    )
    verb.add_argument(
        "--port", type=int, default=8000, help="0 takes any free one; default: %(default)s"
    )
    _add_key(verb, "sign with")
    _add_builder(verb)
    return top


def _verb(
    verbs: argparse._SubParsersAction[_Parser], name: str, summary: str, examples: str
) -> argparse.ArgumentParser:
    verb = verbs.add_parser(
        name,
        help=summary,
        description=f"{summary[0].upper()}{summary[1:]}.",
        epilog=examples + _EXIT_CODES,
        formatter_class=argparse.RawDescriptionHelpFormatter,
        allow_abbrev=False,
    )
    verb.add_argument("--json", action="store_true", help="print the result as JSON on stdout")
    return verb


def _add_key(verb: argparse.ArgumentParser, purpose: str) -> None:
    group = verb.add_argument_group("signature")
    # A key among the arguments would be seen by every user of the machine.
    source = group.add_mutually_exclusive_group()
    source.add_argument(
        "--key-file",
        metavar="FILE",
        help=f"{purpose} the key in this file; a line end after it is no part of it",
    )
    source.add_argument(
        "--key-env", metavar="NAME", help=f"{purpose} the key in this environment variable"
    )
    group.add_argument(
        "--signature-field",
        metavar="NAME",
        default="signature",
        help="the manifest's key for it; default: %(default)s",
    )


def _add_builder(verb: argparse.ArgumentParser) -> None:
    group = verb.add_argument_group("files", "Each of the first three may be given several times.")
    group.add_argument(
        "--extension",
        metavar="EXT",
        action="append",
        help=f"ending of the files to list, '' for every file; "
        f"default: {' '.join(options.DEFAULT_EXTENSIONS)}",
    )
    group.add_argument(
        "--exclude-prefix",
        metavar="NAME",
        action="append",
        help=f"beginning of file names to leave out, '' for none; "
        f"default: {' '.join(options.DEFAULT_EXCLUDE_PREFIXES)}",
    )
    group.add_argument(
        "--exclude-folder",
        metavar="NAME",
        action="append",
        help=f"name or path of folders to leave out, '' for none; "
        f"default: {' '.join(options.DEFAULT_EXCLUDE_FOLDERS)}",
    )
    group.add_argument(
        "--no-follow-links",
        action="store_true",
        help="neither enter linked folders nor list links that lead out of SRC",
    )
    group = verb.add_argument_group("versions")
    group.add_argument(
        "--version-source",
        choices=options.VERSION_SOURCES,
        default="mtime",
        help="default: %(default)s",
    )
    group.add_argument("--git", metavar="PROGRAM", default="git", help="name or path of git")
    group.add_argument("--previous", metavar="FILE", help="an earlier manifest, if it exists")
    group.add_argument(
        "--reuse-unchanged-versions",
        action="store_true",
        help="files with the md5 that --previous gives keep their version from there",
    )
    group = verb.add_argument_group("form")
    form = group.add_mutually_exclusive_group()
    form.add_argument(
        "--indent", metavar="N", type=int, default=2, help="spaces a level; default: %(default)s"
    )
    form.add_argument("--compact", action="store_true", help="the shortest JSON")
    group.add_argument(
        "--extended",
        action="store_true",
        help="give size and sha256 of each file, too, with a signature of their own",
    )


def _show_warning(message: Warning | str, *_: object) -> None:
    print(f"warning: {_one_line(str(message))}", file=sys.stderr)


def _reason(error: Exception) -> str:
    if isinstance(error, OSError) and error.strerror:
        where = "" if error.filename is None else f": {error.filename!a}"
        return _one_line(error.strerror + where)
    return _one_line(str(error))


def _one_line(text: str) -> str:
    return " ".join(text.split())
