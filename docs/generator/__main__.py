"""``python -m docs.generator``: writes every generated file; with ``--check``, names those that are not up to date."""

import sys

from docs.generator.files import generated, outdated


def main(arguments: list[str]) -> int:
    """Returns the exit code: 1 if a file was to be checked and is not up to date."""
    if "--check" in arguments:
        behind = outdated()
        for path in behind:
            sys.stdout.write(f"{path} is not up to date: run python -m docs.generator\n")
        return 1 if behind else 0
    for path, text in generated().items():
        path.write_text(text)
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
