"""What can be wrong with a clip; every message is one line that a user can act on."""


class ClipError(Exception):
    """A clip's name, file or content cannot be used."""

    def __str__(self) -> str:
        """Return it in one line, whatever the file is called."""
        return "\\n".join(super().__str__().splitlines())


class CatalogueError(ClipError):
    """clips.toml does not say what it must."""


class FetchError(ClipError):
    """A package could not be downloaded, or did not hold what the catalogue promises."""
