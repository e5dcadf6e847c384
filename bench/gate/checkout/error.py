"""What goes wrong before anything is measured."""


class CheckoutError(Exception):
    """There is nothing to compare with; one line says why."""
