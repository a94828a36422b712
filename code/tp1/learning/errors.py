"""What can be wrong with the input of a model, each kind with its own type."""

from tp1.errors import Tp1Error


class DataError(Tp1Error):
    """A file of the data set is missing or damaged, or could not be fetched."""


class ShapeError(Tp1Error, ValueError):
    """A tensor does not have the axes that the equation needs."""


class LabelError(Tp1Error, ValueError):
    """A label is not one of the classes."""


class HyperparameterError(Tp1Error, ValueError):
    """A learning rate, a share or a size is outside its range."""


class DeviceError(Tp1Error, ValueError):
    """The device that is asked for is unknown, or is not in this machine."""


class EmptyLoaderError(Tp1Error, ValueError):
    """A data loader is missing, or has no sample to give."""


class EmptyLogError(Tp1Error, ValueError):
    """There is nothing to show: no curve is asked for, or no epoch has been logged."""


class DivergedModelError(Tp1Error, ValueError):
    """The parameters of a model are such that its loss, or an activation, is no finite number."""


class NoForwardError(Tp1Error, RuntimeError):
    """A backward pass has no forward pass to go back through."""
